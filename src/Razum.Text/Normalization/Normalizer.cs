using System.Text;
using Razum.Text.Splitting;

namespace Razum.Text.Normalization;

/// <summary>
/// The normalizers of a tokenizer, one after the other. Text that they leave alone (nearly all text, under NFC) is recognised without copying. Positions
/// follow the reference: a character that a step inserts shares the span of the one before it, a composed character has the span of its first part, and
/// reordered marks keep their places.
/// </summary>
internal sealed class Normalizer(IReadOnlyList<NormalizerStep> steps)
{
    // The quick check of NFC alone tells that nothing has to be done.
    private readonly bool _isComposing = steps.Count > 0 && steps.All(s => s.Kind == NormalizerKind.Nfc);
    private readonly NormalizerStep[] _steps = [.. steps];

    /// <summary>Leaves every text as it is.</summary>
    public static Normalizer None { get; } = new([]);

    /// <summary>True if the text is known to be its own normal form.</summary>
    public bool IsNormal(ReadOnlySpan<char> text) => _steps.Length == 0 || text.IsEmpty || (_isComposing && IsComposed(text));

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

        foreach (NormalizerStep step in _steps)
        {
            result = Apply(result, step);
        }

        return result;
    }

    /// <summary>The normal form alone.</summary>
    public string Normalize(string text) => IsNormal(text) ? text : new string(Normalize(text.AsSpan()).Chars);

    private static AlignedText Apply(AlignedText text, NormalizerStep step) => step.Kind switch
    {
        NormalizerKind.Nfc => Apply(text, ComposedForm(text.Chars, CanonicalData.Shared, composes: true)),
        NormalizerKind.Nfd => Apply(text, ComposedForm(text.Chars, CanonicalData.Shared, composes: false)),
        NormalizerKind.Lowercase => Apply(text, LowerForm(text.Chars)),
        NormalizerKind.Prepend => text.Length == 0 ? text : Replace(text, [(0, 0)], step.Text),
        NormalizerKind.Replace => Replace(text, Matches(text.Chars, step.Pattern!), step.Text),
        _ => Strip(text, step),
    };

    private static bool IsComposed(ReadOnlySpan<char> text)
    {
        CanonicalData data = CanonicalData.Shared;
        int last = 0;
        for (int i = 0; i < text.Length;)
        {
            int c = CharClass.CodePointAt(text, i, out int length);
            int quick = c < 0x300 ? 0 : data.QuickCheck(c);
            if (quick == CanonicalData.MayChange || (quick != 0 && quick < last))
            {
                return false;
            }

            last = quick;
            i += length;
        }

        return true;
    }

    private static List<(int Start, int End)> Matches(ReadOnlySpan<char> text, SplitStep pattern)
    {
        RegexRun run = pattern.CreateRun();
        run.Begin(text.Length);
        var matches = new List<(int, int)>();
        for (int at = 0; pattern.FindMatch(text, at, run, out int start, out int end); at = end)
        {
            matches.Add((start, end));
        }

        return matches;
    }

    // Character for character as far as both go; what is too much shares the span before it, what is too little goes.
    private static AlignedText Replace(AlignedText text, List<(int Start, int End)> matches, string by)
    {
        var result = new AlignedText();
        int at = 0;
        foreach ((int start, int end) in matches)
        {
            result.Append(text, at, start);
            int old = start;
            for (int i = 0; i < by.Length;)
            {
                int c = CharClass.CodePointAt(by, i, out int length);
                i += length;
                int from = old < end ? old : Math.Max(old - 1, 0);
                result.Append(c, text.Start(from), text.End(from));
                if (old < end)
                {
                    CharClass.CodePointAt(text.Chars, old, out int taken);
                    old += taken;
                }
            }

            at = end;
        }

        result.Append(text, at, text.Length);
        return result;
    }

    private static AlignedText Strip(AlignedText text, NormalizerStep step)
    {
        int start = 0, end = text.Length;
        while (step.StripsStart && start < end && char.IsWhiteSpace(text.Chars[start]))
        {
            start++;
        }

        while (step.StripsEnd && end > start && char.IsWhiteSpace(text.Chars[end - 1]))
        {
            end--;
        }

        var result = new AlignedText();
        result.Append(text, start, end);
        return result;
    }

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

    private static List<(int CodePoint, int Taken)> ComposedForm(ReadOnlySpan<char> text, CanonicalData data, bool composes)
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
        if (composes)
        {
            Compose(output, data);
        }

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
