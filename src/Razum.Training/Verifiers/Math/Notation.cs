using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Razum.Training.Verifiers.Math;

/// <summary>What the commands and characters of written mathematics mean to <see cref="Lexer"/>, and the repairs made before it reads.</summary>
internal static partial class Notation
{
    /// <summary>Stands between groups of three digits, where it was written in a way that can mean nothing else.</summary>
    public const char Thousands = '\u0001';

    /// <summary>Commands that are one sign.</summary>
    public static readonly Dictionary<string, char> Signs = Pairs("""
        cdot *, times *, ast *, div /, pm ±, mp ∓, colon :, le ≤, leq ≤, leqslant ≤, ge ≥, geq ≥, geqslant ≥, lt <, gt >, ne ≠, neq ≠, in ∈, approx ≈,
        sim ≈, simeq ≈, cong ≈, equiv =, cup ∪, cap ∩, setminus ∖, backslash ∖, mid |, vert |, lvert |, rvert |, lbrace ⟨, rbrace ⟩, lfloor ⌊,
        rfloor ⌋, lceil ⌈, rceil ⌉, lbrack [, rbrack ], langle (, rangle ), circ °, degree °, to →, rightarrow →, Rightarrow ⇒, implies ⇒,
        Longrightarrow ⇒, iff ⇒, Leftrightarrow ⇒, therefore ⇒, wedge comma, land comma, lor comma, vee comma, prime '
        """).ToDictionary(p => p.Command, p => p.Meaning == "comma" ? ',' : p.Meaning[0], StringComparer.Ordinal);

    /// <summary>Commands with arguments, and functions.</summary>
    public static readonly Dictionary<string, string> Functions = Pairs("""
        frac frac, dfrac frac, tfrac frac, cfrac frac, sqrt sqrt, binom binom, dbinom binom, tbinom binom, sum sum, prod prod, int int, lim lim,
        sin sin, cos cos, tan tan, cot cot, sec sec, csc csc, tg tan, ctg cot, arcsin asin, arccos acos, arctan atan, asin asin, acos acos, atan atan,
        arctg atan, arccot acot, sinh sinh, cosh cosh, tanh tanh, log log, ln ln, lg log, exp exp, min min, max max, gcd gcd, lcm lcm, abs abs,
        floor floor, ceil ceil
        """).ToDictionary(p => p.Command, p => p.Meaning, StringComparer.Ordinal);

    /// <summary>Commands whose argument is words, or one letter in another face.</summary>
    public static readonly HashSet<string> Texts = new(StringComparer.Ordinal)
    {
        "text", "textbf", "textit", "textrm", "textsf", "texttt", "textnormal", "mbox", "mathrm", "operatorname", "mathbf", "mathit", "mathsf", "bf", "rm",
    };

    /// <summary>Units that are written as plain letters behind a number.</summary>
    public static readonly HashSet<string> Units = new(StringComparer.Ordinal)
    {
        "cm", "mm", "km", "kg", "ml", "mg", "ft", "mph", "inches", "feet", "meters", "metres", "miles", "hours", "minutes", "seconds", "days", "weeks", "years",
        "dollars", "cents", "degrees", "units", "pounds", "grams", "liters", "litres",
    };

    /// <summary>Commands that only shape what follows.</summary>
    public static readonly HashSet<string> Shapes = new(StringComparer.Ordinal)
    {
        "displaystyle", "textstyle", "limits", "nolimits", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr", "quad", "qquad",
        "boxed", "fbox", "vec", "overline", "underline", "widehat", "hat", "bar", "tilde", "mathcal", "boldsymbol", "bm", "cancel", "left", "right", "middle",
        "overrightarrow", "mathopen", "mathclose", "nonumber", "color",
    };

    /// <summary>Single characters with a meaning of their own.</summary>
    public static readonly Dictionary<char, string> Characters = new()
    {
        ['−'] = "-",
        ['–'] = "-",
        ['×'] = "*",
        ['·'] = "*",
        ['⋅'] = "*",
        ['∗'] = "*",
        ['÷'] = "/",
        ['π'] = @"\pi ",
        ['∞'] = @"\infty ",
        ['√'] = @"\sqrt ",
        ['²'] = "^{2}",
        ['³'] = "^{3}",
        ['½'] = @"\frac{1}{2}",
        ['⅓'] = @"\frac{1}{3}",
        ['⅔'] = @"\frac{2}{3}",
        ['¼'] = @"\frac{1}{4}",
        ['¾'] = @"\frac{3}{4}",
        ['⅕'] = @"\frac{1}{5}",
        ['⅛'] = @"\frac{1}{8}",
        ['⅙'] = @"\frac{1}{6}",
        ['∅'] = @"\emptyset ",
        ['ℝ'] = @"\mathbb{R}",
        ['％'] = "%",
    };

    /// <summary>Repairs what would be read wrongly: doubled backslashes, separators of thousands, two-character relations.</summary>
    public static string Repair(string text)
    {
        if (!text.Contains(@"\begin", StringComparison.Ordinal))
        {
            text = DoubledBackslash().Replace(text, @"\");
        }

        text = Recurring().Replace(text, Fraction);
        text = ThinSpaceAfterComma().Replace(BracedComma().Replace(text, $"{Thousands}"), $"{Thousands}");
        text = SpaceBetweenDigits().Replace(text, $"{Thousands}");
        return text.Replace("<=", "≤", StringComparison.Ordinal).Replace(">=", "≥", StringComparison.Ordinal).Replace("!=", "≠", StringComparison.Ordinal)
            .Replace("**", "^", StringComparison.Ordinal).Replace("=>", "⇒", StringComparison.Ordinal);
    }

    // "command meaning, command meaning, ..."
    private static IEnumerable<(string Command, string Meaning)> Pairs(string table) => table.Split(',', StringSplitOptions.TrimEntries)
        .Select(entry => entry.Split(' ')).Select(pair => (pair[0], pair[1]));

    // 0.1\overline{6} is (16 - 1) / 90.
    private static string Fraction(Match match)
    {
        (string whole, string part, string period) = (match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value);
        BigInteger top = BigInteger.Parse("0" + whole + part + period, CultureInfo.InvariantCulture) - BigInteger.Parse("0" + whole + part, CultureInfo.InvariantCulture);
        return $"(\\frac{{{top}}}{{{new string('9', period.Length)}{new string('0', part.Length)}}})";
    }

    [GeneratedRegex(@"([0-9]{0,20})\.([0-9]{0,20})\\(?:overline|bar)\s*\{([0-9]{1,20})\}", RegexOptions.CultureInvariant)]
    private static partial Regex Recurring();

    [GeneratedRegex(@"\\\\(?=[A-Za-z{}])", RegexOptions.CultureInvariant)]
    private static partial Regex DoubledBackslash();

    [GeneratedRegex(@"\s*\{\s*,\s*\}\s*", RegexOptions.CultureInvariant)]
    private static partial Regex BracedComma();

    [GeneratedRegex(@",\s*\\!\s*", RegexOptions.CultureInvariant)]
    private static partial Regex ThinSpaceAfterComma();

    [GeneratedRegex(@"(?<=[0-9])\\[,;: ](?=[0-9]{3}(?![0-9]))", RegexOptions.CultureInvariant)]
    private static partial Regex SpaceBetweenDigits();
}
