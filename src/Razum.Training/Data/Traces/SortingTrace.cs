using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>
/// Every number gets a small letter and two digits: <c>a25b07c21;</c>. Then all buckets of tens in the order of the answer, each with its members as they
/// were read, and their letters, capital, in the order of the answer: <c>0b07B;1;2a25c21&gt;01C2345A6789;3;...</c>. Where there are several, all last digits
/// are gone through, so that nothing is compared, only looked up. Minus stands before the letter; <c>-0</c> holds -9..-1, <c>-1</c> holds -19..-10, and
/// they are left out where no number is negative.
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
        AppendRead(trace, all, values);

        int lowest = values.Any(v => v < 0) ? Lowest : 0;
        for (int i = lowest; i <= Highest; i++)
        {
            int bucket = descending ? Highest + lowest - i : i;
            List<int> members = all.FindAll(place => Bucket(values[place]) == bucket);
            trace.Append(';').Append(bucket < 0 ? $"-{-bucket - 1}" : $"{bucket}");
            AppendRead(trace, members, values);
            if (members.Count == 1)
            {
                trace.Append(Capital(members[0]));
            }
            else if (members.Count > 1)
            {
                AppendSorted(trace.Append('>'), members, values, downwards: descending != bucket < 0);
            }
        }

        return trace.ToString();
    }

    private static void AppendRead(StringBuilder trace, List<int> places, int[] values)
    {
        foreach (int place in places)
        {
            trace.Append(values[place] < 0 ? "-" : "").Append((char)('a' + place)).Append($"{Math.Abs(values[place]):00}");
        }
    }

    /// <summary>All last digits, each followed by the letters that have it.</summary>
    private static void AppendSorted(StringBuilder trace, List<int> places, int[] values, bool downwards)
    {
        for (int i = 0; i < 10; i++)
        {
            int digit = downwards ? 9 - i : i;
            trace.Append(digit);
            foreach (int place in places.Where(place => Math.Abs(values[place]) % 10 == digit))
            {
                trace.Append(Capital(place));
            }
        }
    }

    private static char Capital(int place) => (char)('A' + place);

    // ..., -19..-10 -> -2, -9..-1 -> -1, 0..9 -> 0, 10..19 -> 1, ...
    private static int Bucket(int value) => value < 0 ? -(-value / 10) - 1 : value / 10;
}
