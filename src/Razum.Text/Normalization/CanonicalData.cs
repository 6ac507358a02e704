using System.Globalization;

namespace Razum.Text.Normalization;

/// <summary>
/// Canonical decompositions, compositions and combining classes (resource canonical.txt, Unicode 14; characters assigned later are left as they are).
/// .NET's own <c>string.Normalize</c> does nothing in invariant globalization mode, which Razum runs in. Hangul is computed.
/// </summary>
internal sealed class CanonicalData
{
    /// <summary>In <see cref="QuickCheck"/>: NFC may change this character, or it may compose with what stands before it.</summary>
    public const byte MayChange = 255;

    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TrailBase = 0x11A7;
    private const int Leads = 19, Vowels = 21, Trails = 28;

    private static readonly Lazy<CanonicalData> s_shared = new(() => new CanonicalData());

    private readonly Dictionary<int, (int First, int Second)> _decompositions = []; // Second = 0: a singleton
    private readonly Dictionary<(int First, int Second), int> _compositions = [];
    private readonly Dictionary<int, byte> _classes = [];
    private readonly byte[] _quick = new byte[0x10000];
    private readonly Dictionary<int, byte> _quickHigh = [];

    private CanonicalData()
    {
        using Stream stream = typeof(CanonicalData).Assembly.GetManifestResourceStream("canonical.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is string line)
        {
            if (line.StartsWith('#'))
            {
                continue;
            }

            foreach (string item in line.Split(';'))
            {
                Read(item);
            }
        }

        for (int jamo = VowelBase; jamo < VowelBase + Vowels; jamo++)
        {
            SetQuick(jamo, MayChange);
        }

        for (int jamo = TrailBase + 1; jamo < TrailBase + Trails; jamo++)
        {
            SetQuick(jamo, MayChange);
        }
    }

    /// <summary>The one table, read on first use.</summary>
    public static CanonicalData Shared => s_shared.Value;

    /// <summary>0: a starter that NFC leaves alone. Else its combining class, or <see cref="MayChange"/>.</summary>
    public byte QuickCheck(int codePoint) => codePoint <= 0xFFFF ? _quick[codePoint] : _quickHigh.GetValueOrDefault(codePoint);

    /// <summary>The canonical combining class, 0 = starter.</summary>
    public int CombiningClass(int codePoint) => _classes.GetValueOrDefault(codePoint);

    /// <summary>Adds the full canonical decomposition of a code point.</summary>
    public void Decompose(int codePoint, List<int> output)
    {
        int syllable = codePoint - HangulBase;
        if (syllable is >= 0 and < Leads * Vowels * Trails)
        {
            output.Add(LeadBase + (syllable / (Vowels * Trails)));
            output.Add(VowelBase + (syllable % (Vowels * Trails) / Trails));
            if (syllable % Trails != 0)
            {
                output.Add(TrailBase + (syllable % Trails));
            }
        }
        else if (_decompositions.TryGetValue(codePoint, out (int First, int Second) pair))
        {
            Decompose(pair.First, output);
            if (pair.Second != 0)
            {
                Decompose(pair.Second, output);
            }
        }
        else
        {
            output.Add(codePoint);
        }
    }

    /// <summary>The primary composite of two code points, 0 = none.</summary>
    public int Compose(int first, int second)
    {
        int lead = first - LeadBase, vowel = second - VowelBase;
        if (lead is >= 0 and < Leads && vowel is >= 0 and < Vowels)
        {
            return HangulBase + (((lead * Vowels) + vowel) * Trails);
        }

        int syllable = first - HangulBase, trail = second - TrailBase;
        return syllable is >= 0 and < Leads * Vowels * Trails && syllable % Trails == 0 && trail is > 0 and < Trails
            ? first + trail
            : _compositions.GetValueOrDefault((first, second));
    }

    private void Read(string item)
    {
        int colon = item.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0)
        {
            string[] range = item[..colon].Split('-');
            byte combiningClass = byte.Parse(item.AsSpan(colon + 1), CultureInfo.InvariantCulture);
            for (int c = Hex(range[0]); c <= Hex(range[^1]); c++)
            {
                _classes[c] = combiningClass;
                if (QuickCheck(c) == 0)
                {
                    SetQuick(c, combiningClass);
                }
            }

            return;
        }

        int mark = item.AsSpan().IndexOfAny('=', '!');
        int composed = Hex(item[..mark]);
        string[] parts = item[(mark + 1)..].Split(' ');
        (int first, int second) = (Hex(parts[0]), parts.Length > 1 ? Hex(parts[1]) : 0);
        _decompositions[composed] = (first, second);
        if (second == 0 || item[mark] == '!')
        {
            SetQuick(composed, MayChange);
        }
        else
        {
            _compositions[(first, second)] = composed;
            SetQuick(second, MayChange);
        }
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private void SetQuick(int codePoint, byte value)
    {
        if (codePoint <= 0xFFFF)
        {
            _quick[codePoint] = value;
        }
        else
        {
            _quickHigh[codePoint] = value;
        }
    }
}
