namespace Razum.Inference.Sampling;

/// <summary>How often each token is in the output, and which ones are in prompt or output: what the penalties look at.</summary>
internal sealed class TokenCounts
{
    private readonly int[] _inOutput;
    private readonly bool[] _seen;
    private readonly int[] _distinct;

    public TokenCounts(int vocabSize, ReadOnlySpan<int> prompt)
    {
        _inOutput = new int[vocabSize];
        _seen = new bool[vocabSize];
        _distinct = new int[vocabSize];
        foreach (int token in prompt)
        {
            See(token);
        }
    }

    /// <summary>Number of different tokens seen.</summary>
    public int Count { get; private set; }

    /// <summary>The different tokens of prompt and output, in order of their first appearance.</summary>
    public ReadOnlySpan<int> Distinct => _distinct.AsSpan(0, Count);

    /// <summary>How often <paramref name="token"/> is in the output.</summary>
    public int InOutput(int token) => _inOutput[token];

    /// <summary>Counts a token of the output.</summary>
    public void Add(int token)
    {
        See(token);
        _inOutput[token]++;
    }

    private void See(int token)
    {
        if (!_seen[token])
        {
            _seen[token] = true;
            _distinct[Count++] = token;
        }
    }
}
