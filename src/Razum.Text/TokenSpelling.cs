using System.Text;

namespace Razum.Text;

/// <summary>How the tokens of a vocabulary are written, and what text they make when they are decoded.</summary>
internal sealed record TokenSpelling
{
    /// <summary>Tokens are bytes in the byte alphabet.</summary>
    public static TokenSpelling Bytes { get; } = new() { IsByteLevel = true };

    /// <summary>Tokens are bytes in the byte alphabet; otherwise characters.</summary>
    public bool IsByteLevel { get; init; }

    /// <summary>Tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c> stand for one byte.</summary>
    public bool HasByteTokens { get; init; }

    /// <summary>Byte tokens are decoded to their bytes; otherwise they are text.</summary>
    public bool WritesBytes { get; init; } = true;

    /// <summary>Texts replaced in every decoded token (<c>▁</c> by a blank).</summary>
    public IReadOnlyList<(string Old, string New)> Replacements { get; init; } = [];

    /// <summary>So many blanks at the start of a decoded text are dropped.</summary>
    public int StripStart { get; init; }

    /// <summary>What is dropped there.</summary>
    public char Stripped { get; init; } = ' ';

    /// <summary>The first token loses this character wherever it has it (Metaspace decoder); zero = none.</summary>
    public char DroppedFromFirst { get; init; }

    /// <summary>The byte a token stands for; -1 = it is no byte token.</summary>
    public int ByteOf(string token) => HasByteTokens && token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && byte.TryParse(token.AsSpan(3, 2), System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out byte value) ? value : -1;

    /// <summary>Writes the bytes a token stands for; <paramref name="buffer"/> grows as needed. Returns their number.</summary>
    /// <param name="token">Its text.</param>
    /// <param name="buffer">For the bytes.</param>
    /// <param name="isSpelled">The token is written in the byte alphabet.</param>
    public int Write(string token, ref byte[] buffer, out bool isSpelled)
    {
        isSpelled = false;
        if (buffer.Length < (token.Length * 3) + 1)
        {
            buffer = new byte[token.Length * 6];
        }

        isSpelled = IsByteLevel && ByteAlphabet.TryGetBytes(token, buffer);
        if (isSpelled)
        {
            return token.Length;
        }

        if (WritesBytes && ByteOf(token) is int value and >= 0)
        {
            buffer[0] = (byte)value;
            return 1;
        }

        foreach ((string old, string by) in Replacements)
        {
            token = token.Replace(old, by, StringComparison.Ordinal);
        }

        buffer = Encoding.UTF8.GetMaxByteCount(token.Length) > buffer.Length ? new byte[Encoding.UTF8.GetMaxByteCount(token.Length) * 2] : buffer;
        return Encoding.UTF8.GetBytes(token, buffer);
    }
}
