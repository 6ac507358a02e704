using System.Buffers;
using System.Globalization;
using System.Text;

namespace Razum.Cli;

/// <summary>The bytes of a token as text that fits one line.</summary>
internal static class TokenText
{
    /// <summary>In quotes; characters that cannot be seen are escaped as in JSON, bytes that are no character on their own are written <c>\xE4</c>.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new("\"");
        while (bytes.Length > 0)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == OperationStatus.Done)
            {
                Append(text, rune);
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"\\x{bytes[0]:X2}");
                length = 1;
            }

            bytes = bytes[length..];
        }

        return text.Append('"').ToString();
    }

    private static void Append(StringBuilder text, Rune rune)
    {
        switch (rune.Value)
        {
            case '\n':
                text.Append("\\n");
                break;
            case '\r':
                text.Append("\\r");
                break;
            case '\t':
                text.Append("\\t");
                break;
            case '"' or '\\':
                text.Append('\\').Append((char)rune.Value);
                break;
            case var _ when Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned:
                text.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X}}}");
                break;
            default:
                text.Append(rune.ToString());
                break;
        }
    }
}
