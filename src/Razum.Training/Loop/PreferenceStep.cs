using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Autograd;
using Razum.Training.Data;
using Razum.Training.Objectives;

namespace Razum.Training.Loop;

/// <summary>
/// Loss and gradients over pairs of answers, micro-batch by micro-batch. The two answers of a pair are computed together, for the slope of each depends on
/// both; otherwise it makes no difference how a step is cut, up to rounding.
/// </summary>
/// <param name="trainee">What is trained.</param>
/// <param name="settings">The loss.</param>
/// <param name="reference">The policy that stands still; null where there is none, which counts as log-probability 0.</param>
internal sealed class PreferenceStep(Trainee trainee, PreferenceSettings settings, Decoder? reference)
{
    private readonly Tape _tape = new(trainee.Ops);
    private readonly PackedAnswers _packed = new();

    /// <summary>Adds the gradients of the mean loss over these pairs to the weights.</summary>
    /// <param name="pairs">All pairs of the step.</param>
    /// <param name="metrics">Is added to.</param>
    /// <returns>The loss, the tokens and the counted operations.</returns>
    public (double Loss, long Tokens, double Flops) Accumulate(IReadOnlyList<(AnswerTokens Chosen, AnswerTokens Rejected)> pairs, PreferenceMetrics metrics) =>
        Run(pairs, metrics, _tape);

    /// <summary>The mean loss, nothing learned.</summary>
    public double Evaluate(IReadOnlyList<(AnswerTokens Chosen, AnswerTokens Rejected)> pairs, PreferenceMetrics metrics) => Run(pairs, metrics, trainee.Ops).Loss;

    private (double Loss, long Tokens, double Flops) Run(
        IReadOnlyList<(AnswerTokens Chosen, AnswerTokens Rejected)> pairs, PreferenceMetrics metrics, Ops ops)
    {
        // Longest first: what is packed together has about the same length, and memory is at its largest at once. Chosen and rejected take turns.
        AnswerTokens[] answers = [.. pairs.OrderByDescending(Length).SelectMany(p => (AnswerTokens[])[p.Chosen, p.Rejected])];
        foreach (MixtureOfExperts mixture in trainee.Decoder.Mixtures)
        {
            mixture.BalanceAlpha = 0;
        }

        (double loss, long tokens, double flops) = (0, 0, 0);
        for (int from = 0; from < answers.Length;)
        {
            Span<AnswerTokens> packed = answers.AsSpan(from..Fill(answers, from));
            double[] references = reference is null ? new double[packed.Length] : Sums(packed, _packed.Forward(reference, trainee.Ops));
            trainee.Ops.Arena.Reset();
            Tensor logProbs = _packed.Forward(trainee.Decoder, ops); // [R, 1]
            (double part, float[] gradient) = Evaluate(packed, Sums(packed, logProbs), references, pairs.Count, metrics);
            if (ops == _tape)
            {
                _tape.Backward(logProbs, gradient);
                _tape.Clear();
            }

            trainee.Ops.Arena.Reset();
            (loss, tokens, flops) = (loss + part, tokens + _packed.Tokens, flops + Flops(packed));
            from += packed.Length;
        }

        return (loss, tokens, flops);
    }

    private static int Length((AnswerTokens Chosen, AnswerTokens Rejected) pair) => pair.Chosen.Tokens.Length + pair.Rejected.Tokens.Length;

    /// <summary>Packs pairs from answer <paramref name="from"/> on while they fit, at least one; returns the first answer that did not.</summary>
    private int Fill(AnswerTokens[] answers, int from)
    {
        _packed.Clear();
        int to = from;
        while (to < answers.Length
            && (to == from || _packed.Tokens + answers[to].Tokens.Length + answers[to + 1].Tokens.Length - 2 <= trainee.Run.MicroBatchTokens))
        {
            _packed.Add(answers[to].Tokens, answers[to].PromptLength);
            _packed.Add(answers[to + 1].Tokens, answers[to + 1].PromptLength);
            to += 2;
        }

        return to;
    }

    /// <summary>log p of every answer. logProbs: [R, 1]</summary>
    private static double[] Sums(ReadOnlySpan<AnswerTokens> answers, Tensor logProbs)
    {
        double[] sums = new double[answers.Length];
        int row = 0;
        for (int i = 0; i < answers.Length; i++)
        {
            for (int end = row + answers[i].Length; row < end; row++)
            {
                sums[i] += logProbs[row][0];
            }
        }

        return sums;
    }

    /// <summary>The part that these answers have in the loss, and the gradient of every row of theirs.</summary>
    private (double Loss, float[] Gradient) Evaluate(
        ReadOnlySpan<AnswerTokens> answers, double[] sums, double[] references, int updatePairs, PreferenceMetrics metrics)
    {
        int pairs = answers.Length / 2;
        var chosen = new SequenceLogProb[pairs];
        var rejected = new SequenceLogProb[pairs];
        for (int i = 0; i < pairs; i++)
        {
            (int better, int worse) = (2 * i, (2 * i) + 1);
            chosen[i] = new SequenceLogProb(sums[better], references[better], answers[better].Length);
            rejected[i] = new SequenceLogProb(sums[worse], references[worse], answers[worse].Length);
        }

        double[] chosenGradient = new double[pairs];
        double[] rejectedGradient = new double[pairs];
        double loss = PreferenceLoss.Evaluate(settings, chosen, rejected, updatePairs, chosenGradient, rejectedGradient, metrics);
        float[] gradient = new float[_packed.Rows];
        int row = 0;
        for (int i = 0; i < answers.Length; i++)
        {
            gradient.AsSpan(row, answers[i].Length).Fill((float)(i % 2 == 0 ? chosenGradient : rejectedGradient)[i / 2]);
            row += answers[i].Length;
        }

        return (loss, gradient);
    }

    private double Flops(ReadOnlySpan<AnswerTokens> answers)
    {
        double sum = 0;
        foreach (AnswerTokens answer in answers)
        {
            sum += (trainee.Cost.TrainingPasses + (reference is null ? 0 : 1)) * trainee.Cost.Forward(0, answer.Tokens.Length - 1, answer.Length);
        }

        return sum;
    }
}
