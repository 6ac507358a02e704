namespace Razum.Text;

/// <summary>
/// The alphabet of byte-level BPE: one printable letter per byte, so that a vocabulary can be written as text. Bytes 0x21-0x7E, 0xA1-0xAC and 0xAE-0xFF
/// are the letter of their own code point; the other 68 are U+0100, U+0101, ... in order (space = U+0120).
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] s_letters = BuildLetters();
    private static readonly short[] s_bytes = BuildBytes();

    /// <summary>The letter of a byte.</summary>
    public static char Letter(byte value) => s_letters[value];

    /// <summary>Writes the bytes that <paramref name="token"/> spells; false if it holds anything but letters of the alphabet.</summary>
    public static bool TryGetBytes(ReadOnlySpan<char> token, Span<byte> bytes)
    {
        for (int i = 0; i < token.Length; i++)
        {
            if (token[i] >= s_bytes.Length || s_bytes[token[i]] < 0)
            {
                return false;
            }

            bytes[i] = (byte)s_bytes[token[i]];
        }

        return true;
    }

    private static char[] BuildLetters()
    {
        char[] letters = new char[256];
        char spare = '\u0100';
        for (int b = 0; b < 256; b++)
        {
            letters[b] = b is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or >= 0xAE ? (char)b : spare++;
        }

        return letters;
    }

    private static short[] BuildBytes()
    {
        short[] bytes = new short[0x100 + 68];
        Array.Fill(bytes, (short)-1);
        for (int b = 0; b < 256; b++)
        {
            bytes[s_letters[b]] = (short)b;
        }

        return bytes;
    }
}
