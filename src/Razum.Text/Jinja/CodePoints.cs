namespace Razum.Text.Jinja;

/// <summary>Texts counted and cut by code points, as Python does.</summary>
internal static class CodePoints
{
    public static bool AreUnits(string text) => !text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF');

    public static int Count(string text)
    {
        int pairs = 0;
        for (int i = 1; i < text.Length; i++)
        {
            pairs += char.IsLowSurrogate(text[i]) && char.IsHighSurrogate(text[i - 1]) ? 1 : 0;
        }

        return text.Length - pairs;
    }

    /// <summary>How many code points stand before UTF-16 unit <paramref name="index"/>.</summary>
    public static int Before(string text, int index) => index <= 0 ? index : Count(text[..index]);

    public static List<object?> Characters(JinjaRun run, string text)
    {
        run.Budget.Take(text.Length);
        var characters = new List<object?>(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            int length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
            characters.Add(text.Substring(i, length));
            i += length - 1;
        }

        return characters;
    }

    /// <summary>One character; null when there is none at <paramref name="index"/> (negative: from the end).</summary>
    public static string? At(JinjaRun run, string text, long index)
    {
        if (AreUnits(text))
        {
            long at = index < 0 ? index + text.Length : index;
            return at >= 0 && at < text.Length ? text[(int)at].ToString() : null;
        }

        List<object?> characters = Characters(run, text);
        long place = index < 0 ? index + characters.Count : index;
        return place >= 0 && place < characters.Count ? (string)characters[(int)place]! : null;
    }
}
