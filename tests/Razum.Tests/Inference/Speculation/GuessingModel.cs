using System.Numerics;
using Razum.Inference;
using Razum.Inference.Sampling;
using Razum.Inference.Speculation;

namespace Razum.Tests.Inference.Speculation;

/// <summary>How a <see cref="GuessingModel"/> guesses.</summary>
internal enum GuessKind
{
    None,

    /// <summary>Drawn from another distribution than the model's.</summary>
    Drawn,

    /// <summary>Always the same token.</summary>
    Point,

    /// <summary>Drawn from another distribution, but said to be so improbable that the rule always accepts: it is broken.</summary>
    AlwaysAccepted,

    /// <summary>What the model will choose, four times in five.</summary>
    Oracle,
}

/// <summary>The fake model with a drafter of its own.</summary>
internal sealed class GuessingModel(GuessKind kind) : FakeModel(6)
{
    private const int Vocab = 6;

    public override Drafter? Drafter { get; } = new Guesses(kind);

    /// <summary>The fake model's logits after some tokens.</summary>
    public static void Logits(ReadOnlySpan<int> tokens, Span<float> logits)
    {
        ulong hash = 0;
        foreach (int token in tokens)
        {
            hash = (BitOperations.RotateLeft(hash, 7) ^ (ulong)token) * 0x9E3779B97F4A7C15;
        }

        for (int i = 0; i < logits.Length; i++)
        {
            hash = (hash ^ (hash >> 29)) * 0xBF58476D1CE4E5B9;
            logits[i] = (hash >> 40) * (8f / (1 << 24));
        }
    }

    private sealed class Guesses(GuessKind kind) : Drafter
    {
        private readonly Candidates _candidates = new(Vocab);

        public override void Draft(ReadOnlySpan<PlannedRows> plan)
        {
            foreach (PlannedRows rows in plan)
            {
                for (int depth = 0; rows.Sequence is { WantsDrafts: true, Speculation: SpeculationKind.Mtp } sequence; depth++)
                {
                    Guess(sequence, depth);
                }
            }
        }

        private void Guess(Sequence sequence, int depth)
        {
            float[] logits = new float[Vocab];
            GuessingModel.Logits([.. sequence.Tokens, .. sequence.Drafts], logits);
            int best = Array.IndexOf(logits, logits.Max());
            switch (kind)
            {
                case GuessKind.Point:
                    sequence.AddDraft(3).SetPoint(3);
                    break;
                case GuessKind.Oracle:
                    int guess = (sequence.Length + depth) % 5 == 0 ? 5 - best : best;
                    sequence.AddDraft(guess).SetPoint(guess);
                    break;
                default:
                    for (int i = 0; i < Vocab; i++)
                    {
                        logits[i] = (0.5f * logits[i]) + (i % 3); // near the model's, but not the same
                    }

                    int token = sequence.Sampler.Draft(logits, _candidates, depth);
                    if (kind == GuessKind.AlwaysAccepted)
                    {
                        logits[token] = -20;
                        _candidates.Load(logits);
                        _candidates.Divide(1);
                    }

                    sequence.AddDraft(token).Set(_candidates);
                    break;
            }
        }
    }
}
