namespace Razum.Training.Verifiers.Math;

internal enum TokenKind
{
    /// <summary>Digits, with a point or not; separators of thousands are gone.</summary>
    Number,

    /// <summary>A variable or a constant by its name.</summary>
    Letter,

    /// <summary>A function or a command with arguments, by its name.</summary>
    Function,

    /// <summary>One character: an operator, a bracket, a separator. Braces of sets are ⟨ and ⟩, braces of groups { and }.</summary>
    Sign,

    /// <summary>Words in \text and its like.</summary>
    Text,

    /// <summary>\begin and \end of a matrix.</summary>
    Begin,
    End,

    /// <summary>Behind the last token.</summary>
    Nothing,
}

/// <summary>One piece of an answer; <paramref name="IsDecimal"/> of a number with a point.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, bool IsDecimal = false)
{
    public bool Is(char sign) => Kind == TokenKind.Sign && Text[0] == sign;

    public bool IsAny(string signs) => Kind == TokenKind.Sign && signs.Contains(Text[0], StringComparison.Ordinal);
}
