using System.Numerics;

namespace Razum.Inference.Sampling;

/// <summary>
/// The tokens that may still be drawn, and the memory all samplers of an engine share; one row of logits goes through it at a time.
/// First dense (<see cref="Logits"/>, one value per token), then, after <see cref="Divide"/>, a list in ascending order of id in which a token has a
/// distance d = (largest logit - logit) / temperature and a weight exp(-d), its probability up to normalisation.
/// </summary>
internal sealed class Candidates(int vocabSize)
{
    private readonly double[] _logits = new double[vocabSize];
    private readonly int[] _ids = new int[vocabSize];
    private readonly double[] _distances = new double[vocabSize];
    private readonly double[] _weights = new double[vocabSize];
    private bool _weighed;

    public int VocabSize => vocabSize;

    /// <summary>Logits of all tokens, to be changed in place. [V]</summary>
    public Span<double> Logits => _logits;

    /// <summary>How many tokens are left.</summary>
    public int Count { get; private set; }

    /// <summary>The tokens left, ascending.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    /// <summary>Distance of each from the best, in nats.</summary>
    public ReadOnlySpan<double> Distances => _distances.AsSpan(0, Count);

    /// <summary>exp(-distance) of each; computed when first asked for.</summary>
    public ReadOnlySpan<double> Weights
    {
        get
        {
            if (!_weighed)
            {
                for (int i = 0; i < Count; i++)
                {
                    _weights[i] = Math.Exp(-_distances[i]);
                }

                _weighed = true;
            }

            return _weights.AsSpan(0, Count);
        }
    }

    /// <summary>Gives the token at a place of the list another weight.</summary>
    public void SetWeight(int index, double weight) => _weights[index] = weight;

    /// <summary>Memory of the selections.</summary>
    public RadixSelect Select { get; } = new(vocabSize);

    /// <summary>Takes the logits of a row.</summary>
    /// <exception cref="InvalidDataException">A logit is NaN or plus infinity: the model's weights or its numbers are broken.</exception>
    public void Load(ReadOnlySpan<float> logits)
    {
        int whole = 0;
        Span<double> target = _logits;
        for (; whole + Vector<float>.Count <= logits.Length; whole += Vector<float>.Count)
        {
            Vector<float> some = new(logits[whole..]);
            if (!Vector.LessThanAll(some, new Vector<float>(float.PositiveInfinity)))
            {
                break; // the slow way finds out which
            }

            Vector.Widen(some, out Vector<double> low, out Vector<double> high);
            low.CopyTo(target[whole..]);
            high.CopyTo(target[(whole + Vector<double>.Count)..]);
        }

        for (int i = whole; i < logits.Length; i++)
        {
            if (!(logits[i] < float.PositiveInfinity))
            {
                throw new InvalidDataException($"the model gave the logit {logits[i]} for token {i}");
            }

            _logits[i] = logits[i];
        }
    }

    /// <summary>The token with the largest logit; of equal ones the lowest id.</summary>
    public int Best()
    {
        ReadOnlySpan<double> logits = _logits;
        Vector<double> largest = new(double.NegativeInfinity);
        int i = 0;
        for (; i + Vector<double>.Count <= logits.Length; i += Vector<double>.Count)
        {
            largest = Vector.Max(largest, new Vector<double>(logits[i..]));
        }

        double max = double.NegativeInfinity;
        for (int lane = 0; lane < Vector<double>.Count; lane++)
        {
            max = Math.Max(max, largest[lane]);
        }

        for (; i < logits.Length; i++)
        {
            max = Math.Max(max, logits[i]);
        }

        return !double.IsNegativeInfinity(max)
            ? logits.IndexOf(max)
            : throw new InvalidDataException("no token is left to draw: every logit is minus infinity");
    }

    /// <summary>Leaves the best token alone (temperature 0).</summary>
    public void KeepBest()
    {
        (_ids[0], _distances[0], Count, _weighed) = (Best(), 0, 1, false);
    }

    /// <summary>Turns the logits into the list of tokens that are not minus infinity.</summary>
    public void Divide(double temperature)
    {
        double largest = _logits[Best()];
        int count = 0;
        for (int i = 0; i < _logits.Length; i++)
        {
            if (!double.IsNegativeInfinity(_logits[i]))
            {
                _ids[count] = i;
                _distances[count++] = (largest - _logits[i]) / temperature;
            }
        }

        (Count, _weighed) = (count, false);
    }

    /// <summary>Keeps the tokens nearer than the border and the first of those on it.</summary>
    public void Keep(Border border)
    {
        int count = 0, ties = border.Ties;
        for (int i = 0; i < Count; i++)
        {
            if (_distances[i] < border.Distance || (_distances[i] == border.Distance && ties-- > 0))
            {
                Move(i, count++);
            }
        }

        Count = count;
    }

    /// <summary>Keeps the tokens with a weight of at least <paramref name="least"/>, which is above 0.</summary>
    public void KeepHeavy(double least)
    {
        // Most of a large vocabulary is far away: a cheap bound first, the exponential only for the rest.
        double far = -Math.Log(least) + 1e-6;
        int count = 0;
        for (int i = 0; i < Count; i++)
        {
            if (_distances[i] <= far && Math.Exp(-_distances[i]) >= least)
            {
                Move(i, count++);
            }
        }

        Count = count;
    }

    private void Move(int from, int to)
    {
        _ids[to] = _ids[from];
        _distances[to] = _distances[from];
        if (_weighed)
        {
            _weights[to] = _weights[from];
        }
    }
}
