using System.Globalization;
using System.Numerics;

namespace Razum.Text.Jinja;

/// <summary>Integers as a template writes them: decimal, or with the prefixes 0x, 0b, 0o.</summary>
internal static class JinjaNumber
{
    /// <summary>The value of an integer token.</summary>
    public static object Integer(JinjaToken token)
    {
        string text = token.Text;
        if (text.Length > 1000)
        {
            throw new JinjaFault("a number of more than 1000 digits", token.Position);
        }

        try
        {
            return PythonNumbers.Small(text.Length > 1 && char.IsAsciiLetter(text[1])
                ? char.ToLowerInvariant(text[1]) switch
                {
                    'x' => BigInteger.Parse("0" + text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                    'b' => BigInteger.Parse("0" + text[2..], NumberStyles.AllowBinarySpecifier, CultureInfo.InvariantCulture),
                    _ => text[2..].Aggregate(BigInteger.Zero, (value, digit) => digit <= '7' ? (value * 8) + (digit - '0') : throw new FormatException()),
                }
                : BigInteger.Parse(text, CultureInfo.InvariantCulture));
        }
        catch (FormatException)
        {
            throw new JinjaFault($"{text} is no number", token.Position);
        }
    }
}
