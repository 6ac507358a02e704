using System.Text;
using System.Text.RegularExpressions;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>
/// What is said, by letters in the order of speaking, then all worlds, knights K and knaves N, with the truth of each statement until one does not fit:
/// <c>a:b=N,b:a!b;KK:0;KN:11</c>... until all fit. <c>a=b</c> same kind, <c>a!b</c> different kinds, <c>a&amp;b</c> at least one of both is a knave,
/// <c>#2</c> exactly two knights.
/// </summary>
internal static partial class KnightsTrace
{
    public static string Write(TaskProblem problem)
    {
        string[] said = [.. KnightsTask.Statements(problem).Select((s, i) => Shorten(s, (char)('a' + i)))];
        int people = said.Length;
        StringBuilder trace = new();
        trace.AppendJoin(',', said.Select((s, i) => $"{(char)('a' + i)}:{s}"));
        for (int world = 0; world < 1 << people; world++)
        {
            string kinds = string.Concat(Enumerable.Range(0, people).Select(i => ((world >> (people - 1 - i)) & 1) == 0 ? 'K' : 'N'));
            trace.Append(';').Append(kinds).Append(':');
            int speaker = 0;
            bool fits = true;
            while (fits && speaker < people)
            {
                bool isTrue = IsTrue(said[speaker], kinds);
                trace.Append(isTrue ? '1' : '0');
                fits = isTrue == (kinds[speaker++] == 'K');
            }

            if (fits)
            {
                return trace.ToString();
            }
        }

        throw new InvalidDataException("truth: no world fits the statements");
    }

    private static string Shorten(string statement, char speaker)
    {
        Match match = Form().Match(statement);
        return match.Groups["kind"].Success ? $"{match.Groups["who"]}={(match.Groups["kind"].ValueSpan is "knight" ? 'K' : 'N')}"
            : match.Groups["like"].Success ? $"{match.Groups["other"]}{(match.Groups["like"].ValueSpan is "the same kind" ? '=' : '!')}{speaker}"
            : match.Groups["first"].Success ? $"{match.Groups["first"]}&{match.Groups["second"]}"
            : match.Groups["count"].Success ? $"#{match.Groups["count"]}"
            : throw new InvalidDataException($"truth: unknown statement '{statement}'");
    }

    private static bool IsTrue(string said, string kinds)
    {
        char Kind(char person) => kinds[person - 'a'];
        return said[0] == '#' ? kinds.Count(k => k == 'K') == said[1] - '0'
            : said[1] == '&' ? !(Kind(said[0]) == 'K' && Kind(said[2]) == 'K')
            : said[1] == '!' ? Kind(said[0]) != Kind(said[2])
            : Kind(said[0]) == (said[2] is 'K' or 'N' ? said[2] : Kind(said[2]));
    }

    [GeneratedRegex("^(?:(?<who>[a-c]) is a (?<kind>knight|knave)|(?<other>[a-c]) and I are (?<like>the same kind|different kinds)"
        + "|at least one of (?<first>[a-c]) and (?<second>[a-c]) is a knave|exactly (?<count>[0-3]) of us (?:is a knight|are knights))$")]
    private static partial Regex Form();
}
