using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>
/// Every number gets a letter and two digits: <c>A25B07C21;</c>. Then all buckets of tens in the order of the answer, each with its members as they were
/// read and, where there are several, sorted: <c>0B07;1;2A25C21&gt;C21A25;3;...</c>. A letter tells equal numbers apart and tens from ones. Minus stands
/// before the letter; <c>-0</c> holds -9..-1, <c>-1</c> holds -19..-10, and they are left out where no number is negative.
/// </summary>
internal static class SortingTrace
{
    private const int Lowest = -3;
    private const int Highest = 9;

    public static string Write(JsonObject truth)
    {
        int[] values = truth.Integers("values");
        bool descending = truth.Text("direction") == "descending";
        StringBuilder trace = new();
        List<int> all = [.. Enumerable.Range(0, values.Length)];
        Append(trace, all, values);

        int lowest = values.Any(v => v < 0) ? Lowest : 0;
        for (int i = lowest; i <= Highest; i++)
        {
            int bucket = descending ? Highest + lowest - i : i;
            List<int> members = all.FindAll(place => Bucket(values[place]) == bucket);
            trace.Append(';').Append(bucket < 0 ? $"-{-bucket - 1}" : $"{bucket}");
            Append(trace, members, values);
            if (members.Count > 1)
            {
                Append(trace.Append('>'), descending ? members.OrderByDescending(place => values[place]) : members.OrderBy(place => values[place]), values);
            }
        }

        return trace.ToString();
    }

    private static void Append(StringBuilder trace, IEnumerable<int> places, int[] values)
    {
        foreach (int place in places)
        {
            trace.Append(values[place] < 0 ? "-" : "").Append((char)('A' + place)).Append($"{Math.Abs(values[place]):00}");
        }
    }

    // ..., -19..-10 -> -2, -9..-1 -> -1, 0..9 -> 0, 10..19 -> 1, ...
    private static int Bucket(int value) => value < 0 ? -(-value / 10) - 1 : value / 10;
}
