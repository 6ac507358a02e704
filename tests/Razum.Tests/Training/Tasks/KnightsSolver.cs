using System.Text.RegularExpressions;

namespace Razum.Tests.Training.Tasks;

/// <summary>Reads the prompt of a knights problem and finds the one world that fits, from the text alone.</summary>
internal static partial class KnightsSolver
{
    public static string Answer(string prompt)
    {
        string[] names = People().Match(prompt).Groups[1].Value.Split(", ");
        (int Speaker, string Text)[] said = [.. Sayings().Matches(prompt).Select(m => (Array.IndexOf(names, m.Groups[1].Value), m.Groups[2].Value))];
        Assert.Equal(names.Length, said.Length);
        int world = Assert.Single(Enumerable.Range(0, 1 << names.Length), w => said.All(s => IsTrue(s.Text, s.Speaker, w) == Knight(w, s.Speaker)));
        return string.Join(',', names.Select((name, i) => $"{name}={(Knight(world, i) ? "knight" : "knave")}"));

        bool IsTrue(string text, int speaker, int w)
        {
            string[] words = text.Split(' ');
            int Person(string name) => Array.IndexOf(names, name) is int i and >= 0 ? i : throw new InvalidDataException(text);
            return (words[0], words[1], words[^1]) switch
            {
                ("exactly", _, _) => names.Where((_, i) => Knight(w, i)).Count() == int.Parse(words[1]),
                ("at", _, "knave") => !(Knight(w, Person(words[4])) && Knight(w, Person(words[6]))),
                (_, "and", "kind") => Knight(w, Person(words[0])) == Knight(w, speaker),
                (_, "and", "kinds") => Knight(w, Person(words[0])) != Knight(w, speaker),
                (_, "is", "knight") => Knight(w, Person(words[0])),
                (_, "is", "knave") => !Knight(w, Person(words[0])),
                _ => throw new InvalidDataException(text),
            };
        }
    }

    private static bool Knight(int world, int person) => ((world >> person) & 1) == 1;

    [GeneratedRegex(@"\(([^)]+)\)$")]
    private static partial Regex People();

    [GeneratedRegex(@"([A-Z][a-z]+) says: ([^.]+)\.")]
    private static partial Regex Sayings();
}
