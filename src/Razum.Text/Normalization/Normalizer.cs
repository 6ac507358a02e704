using System.Text;
using Razum.Text.Splitting;

namespace Razum.Text.Normalization;

/// <summary>
/// The normalizers of byte-level tokenizers: NFC and lower-casing, one after the other. Text that they leave alone (nearly all text, under NFC) is
/// recognised without copying. Positions follow the reference: a character that a step inserts shares the span of the one before it, a composed
/// character has the span of its first part, and reordered marks keep their places.
/// </summary>
internal sealed class Normalizer(bool nfc, bool lowercase)
{
    private readonly CanonicalData? _data = nfc ? CanonicalData.Shared : null;
    private readonly bool _lowercase = lowercase;

    /// <summary>Leaves every text as it is?</summary>
    public bool IsIdentity => _data is null && !_lowercase;

    /// <summary>True if the text is its own normal form.</summary>
    public bool IsNormal(ReadOnlySpan<char> text)
    {
        if (_lowercase)
        {
            return text.IsEmpty;
        }

        if (_data is null)
        {
            return true;
        }

        int last = 0;
        for (int i = 0; i < text.Length;)
        {
            int c = CharClass.CodePointAt(text, i, out int length);
            int quick = c < 0x300 ? 0 : _data.QuickCheck(c);
            if (quick == CanonicalData.MayChange || (quick != 0 && quick < last))
            {
                return false;
            }

            last = quick;
            i += length;
        }

        return true;
    }

    /// <summary>The normal form with its positions in <paramref name="text"/>.</summary>
    public AlignedText Normalize(ReadOnlySpan<char> text)
    {
        var result = new AlignedText();
        for (int i = 0; i < text.Length;)
        {
            int c = CharClass.CodePointAt(text, i, out int length);
            result.Append(c, i, i + length);
            i += length;
        }

        if (_data is not null)
        {
            result = Apply(result, ComposedForm(result.Chars, _data));
        }

        return _lowercase ? Apply(result, LowerForm(result.Chars)) : result;
    }

    /// <summary>The normal form alone.</summary>
    public string Normalize(string text) => IsNormal(text) ? text : new string(Normalize(text.AsSpan()).Chars);

    // Each new code point comes with Taken = how many old ones it replaces; 0 = inserted.
    private static AlignedText Apply(AlignedText old, List<(int CodePoint, int Taken)> changes)
    {
        var result = new AlignedText();
        int at = 0;
        foreach ((int codePoint, int taken) in changes)
        {
            int from = taken > 0 ? at : Math.Max(at - 1, 0);
            result.Append(codePoint, old.Start(from), old.End(from));
            for (int n = 0; n < taken; n++)
            {
                CharClass.CodePointAt(old.Chars, at, out int length);
                at += length;
            }
        }

        return result;
    }

    private static List<(int CodePoint, int Taken)> ComposedForm(ReadOnlySpan<char> text, CanonicalData data)
    {
        var output = new List<(int CodePoint, int Taken)>(text.Length);
        var parts = new List<int>();
        var marks = new List<(int Class, int Order, int CodePoint, int Taken)>();
        for (int i = 0; i < text.Length;)
        {
            parts.Clear();
            data.Decompose(CharClass.CodePointAt(text, i, out int length), parts);
            i += length;
            for (int p = 0; p < parts.Count; p++)
            {
                int taken = p == 0 ? 1 : 0;
                int combining = data.CombiningClass(parts[p]);
                if (combining == 0)
                {
                    FlushMarks(output, marks);
                    output.Add((parts[p], taken));
                }
                else
                {
                    marks.Add((combining, marks.Count, parts[p], taken));
                }
            }
        }

        FlushMarks(output, marks);
        Compose(output, data);
        return output;
    }

    private static void FlushMarks(List<(int CodePoint, int Taken)> output, List<(int Class, int Order, int CodePoint, int Taken)> marks)
    {
        marks.Sort(); // by class, stable through the order of arrival
        foreach ((_, _, int codePoint, int taken) in marks)
        {
            output.Add((codePoint, taken));
        }

        marks.Clear();
    }

    // Unicode 3.11, D117: each character composes with the last starter unless one of its class or higher, or a starter, stands between.
    private static void Compose(List<(int CodePoint, int Taken)> text, CanonicalData data)
    {
        int starter = -1, lastClass = -1, written = 0; // lastClass -1: nothing stands between
        for (int i = 0; i < text.Count; i++)
        {
            (int codePoint, int taken) = text[i];
            int combining = data.CombiningClass(codePoint);
            if (starter >= 0 && lastClass < combining && data.Compose(text[starter].CodePoint, codePoint) is int composed and > 0)
            {
                text[starter] = (composed, text[starter].Taken + taken);
                continue;
            }

            if (combining == 0)
            {
                (starter, lastClass) = (written, -1);
            }
            else
            {
                lastClass = combining;
            }

            text[written++] = (codePoint, taken);
        }

        text.RemoveRange(written, text.Count - written);
    }

    // Full lower-casing of single characters: only U+0130 becomes two.
    private static List<(int CodePoint, int Taken)> LowerForm(ReadOnlySpan<char> text)
    {
        var output = new List<(int CodePoint, int Taken)>(text.Length);
        for (int i = 0; i < text.Length;)
        {
            int c = CharClass.CodePointAt(text, i, out int length);
            i += length;
            if (c == 0x130)
            {
                output.Add(('i', 1));
                output.Add((0x307, 0));
            }
            else
            {
                output.Add((Rune.ToLowerInvariant(new Rune(c)).Value, 1));
            }
        }

        return output;
    }
}
