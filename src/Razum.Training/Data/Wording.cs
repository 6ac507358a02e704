using System.Text;
using Razum.Training.Tasks;

namespace Razum.Training.Data;

/// <summary>Small changes that people make to what they write: capitals, marks at the end, quotes.</summary>
internal static class Wording
{
    /// <summary>Puts <paramref name="gaps"/> in place of <c>{0}</c>, <c>{1}</c>, ...</summary>
    public static string Fill(string template, params ReadOnlySpan<string> gaps)
    {
        StringBuilder text = new(template.Length + 48);
        for (int i = 0; i < template.Length; i++)
        {
            if (template[i] == '{')
            {
                text.Append(gaps[template[i + 1] - '0']);
                i += 2;
            }
            else
            {
                text.Append(template[i]);
            }
        }

        return text.ToString();
    }

    /// <summary>Sometimes another first letter, sometimes without its question mark or with a point.</summary>
    public static string Vary(string text, ref TaskRandom random)
    {
        if (random.NextDouble() < 0.5)
        {
            text = char.ToUpperInvariant(text[0]) + text[1..];
        }

        double mark = random.NextDouble();
        bool asks = text[^1] == '?';
        return mark < 0.3 ? (asks ? text[..^1] : text + ".") : mark < 0.33 && !asks ? text + "!" : text;
    }

    public static string Quote(string word, ref TaskRandom random)
    {
        double style = random.NextDouble();
        return style < 0.12 ? $"\"{word}\"" : style < 0.24 ? $"'{word}'" : word;
    }
}
