using Razum.Training.Data;

namespace Razum.Training.Loop;

/// <summary>Takes whole sequences from a source, step by step. The number of the next one is the only state.</summary>
internal sealed class SequenceFeed(SequenceSource source, string stage, int longest)
{
    private const int MostSkipped = 1000;

    private readonly List<TrainingSequence> _pool = [];
    private readonly List<TrainingSequence> _taken = [];

    /// <summary>Number of the next sequence to train on.</summary>
    public long Next { get; set; }

    /// <summary>Sequences until the next would make it more than <paramref name="tokens"/>; valid until the next call. Advances <see cref="Next"/>.</summary>
    public IReadOnlyList<TrainingSequence> Take(long tokens)
    {
        (IReadOnlyList<TrainingSequence> taken, Next) = Take(Split.Train, Next, tokens);
        return taken;
    }

    /// <summary>The first held-out sequences of at most <paramref name="tokens"/> tokens.</summary>
    public IReadOnlyList<TrainingSequence> HeldOut(int tokens) => Take(Split.Evaluation, 0, tokens).Taken;

    private (IReadOnlyList<TrainingSequence> Taken, long Next) Take(Split split, long index, long tokens)
    {
        _taken.Clear();
        long used = 0;
        int skipped = 0;
        while (true)
        {
            if (_pool.Count == _taken.Count)
            {
                _pool.Add(new TrainingSequence());
            }

            TrainingSequence sequence = _pool[_taken.Count];
            source.Read(split, index, sequence);
            if (sequence.Tokens.Count > longest || sequence.TargetCount == 0)
            {
                if (++skipped == MostSkipped)
                {
                    throw new InvalidDataException(
                        $"stage {stage}: {MostSkipped} sequences in a row are longer than sequence_length {longest} or have nothing to learn");
                }

                index++;
                continue;
            }

            if (used + sequence.Tokens.Count > tokens)
            {
                return (_taken, index);
            }

            used += sequence.Tokens.Count;
            _taken.Add(sequence);
            index++;
            skipped = 0;
        }
    }
}
