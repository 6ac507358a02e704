namespace Razum.Inference;

/// <summary>What a caller has to know of the model behind an engine.</summary>
/// <param name="Name">Its name, for messages and replies.</param>
/// <param name="VocabSize">Tokens have ids below this.</param>
/// <param name="ContextLength">The most tokens of prompt and answer together.</param>
/// <param name="EndTokens">Tokens with which it ends an answer.</param>
public sealed record ModelInfo(string Name, int VocabSize, int ContextLength, IReadOnlyList<int> EndTokens)
{
    /// <summary>Adapters among which a request chooses, by name; empty when there is none, or one that all requests have.</summary>
    public IReadOnlyList<string> Adapters { get; init; } = [];

    /// <summary>Number of the adapter of that name, of the only one for null where adapters have no names; below 0 for none.</summary>
    internal int NumberOf(string? adapter)
    {
        if (adapter is null)
        {
            return Adapters.Count == 0 ? 0 : -1;
        }

        int number = Adapters.Count - 1;
        while (number >= 0 && Adapters[number] != adapter)
        {
            number--;
        }

        return number;
    }
}
