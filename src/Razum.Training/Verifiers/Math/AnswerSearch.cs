using System.Text.RegularExpressions;

namespace Razum.Training.Verifiers.Math;

/// <summary>
/// Finds the answer in a text that states it somewhere. Places have ranks, the lowest wins, and within a rank the last in the text: 0 "the final answer is X.
/// I hope it is correct", 50 "the final answer is X", 100 "answer: X", 200 "answer X", 300 anywhere; boxes have the rank of the settings.
/// </summary>
internal static partial class AnswerSearch
{
    private const int MostTries = 12;
    private const int Reach = 50; // characters between "answer:" and what it announces
    private const int MostAnchors = 20;
    private const int LongestText = 20_000;

    /// <summary>The best place that can be read; else the best place as text; null where there is none.</summary>
    public static ParsedAnswer? Find(string text, MathSettings settings, StepBudget budget)
    {
        text = text.Length > LongestText ? text[^LongestText..] : text; // answers stand at the end
        IEnumerable<Place> places = Places(text, settings)
            .OrderBy(p => p.Rank).ThenByDescending(p => p.End).ThenBy(p => p.Start).ThenBy(p => p.IsPlain).Take(MostTries);
        ParsedAnswer? first = null;
        foreach (Place place in places)
        {
            ParsedAnswer answer = ParsedAnswer.Parse(place.IsPlain ? PlainNumber.Normalise(place.Text) : place.Text, place.IsPercent, budget);
            if (answer.Node is not null)
            {
                return answer;
            }

            first ??= answer;
        }

        return first;
    }

    /// <summary>Whether the text marks its answer by a box or by LaTeX, so that the whole of it is none.</summary>
    public static bool IsStated(string text) => Boxes.Find(text, false).Count > 0 || Environments.Find(text).Exists(e => Environments.IsDelimited(text, e));

    private static List<Place> Places(string text, MathSettings settings)
    {
        List<Place> places = [];
        if (settings.Latex)
        {
            places.AddRange(Boxes.Find(text, false).Select(b => new Place(settings.BoxRank, b.Start, b.End, b.Text, false, b.IsPercent)));
            places.AddRange(Environments.Find(text).Select(e => new Place(300, e.Start, e.End, e.Text, false, e.IsPercent)));
        }

        if (settings.Plain)
        {
            places.AddRange(PlainNumber.Find(text, 0, text.Length).Select(n => new Place(300, n.Start, n.End, n.Text, true, n.IsPercent)));
        }

        foreach (Match anchor in Anchor().Matches(text).TakeLast(MostAnchors))
        {
            AddAnchored(text, anchor, settings, places);
        }

        return places;
    }

    // The first environment and the first number that an anchor announces.
    private static void AddAnchored(string text, Match anchor, MathSettings settings, List<Place> places)
    {
        int from = anchor.Index + anchor.Length;
        bool final = anchor.Groups["final"].Success, verb = anchor.Groups["is"].Success, colon = anchor.Groups["colon"].Success;
        int rank = final && (verb || colon) ? 50 : colon ? 100 : 200;
        int reach = rank == 50 && !colon ? 4 : Reach;
        if (settings.Latex && Environments.First(text, from, from + reach) is { } environment)
        {
            places.Add(new Place(Rank(environment.End), environment.Start, environment.End, environment.Text, false, environment.IsPercent));
        }

        if (settings.Plain && PlainNumber.Find(text, from, int.Min(text.Length, from + reach)) is [var number, ..])
        {
            places.Add(new Place(Rank(number.End), number.Start, number.End, number.Text, true, number.IsPercent));
        }

        int Rank(int end) => rank == 50 && Hope().IsMatch(text.AsSpan(end, int.Min(40, text.Length - end))) ? 0 : rank;
    }

    [GeneratedRegex(@"(?<final>final\s+)?answer\s*(?:(?<is>is)\s*)?(?<colon>:)?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Anchor();

    [GeneratedRegex(@"^[\s.""*]*I hope", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Hope();

    private readonly record struct Place(int Rank, int Start, int End, string Text, bool IsPlain, bool IsPercent);
}
