using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>
/// Buckets by tens in the order of the answer: members as they appear, then sorted: <c>1:12;2:25,21&gt;21,25;</c>.
/// Bucket <c>-0</c> holds -9..-1, <c>-1</c> holds -19..-10.
/// </summary>
internal static class SortingTrace
{
    private const int Lowest = -9;
    private const int Highest = 9;

    public static string Write(JsonObject truth)
    {
        int[] values = truth.Integers("values");
        bool descending = truth.Text("direction") == "descending";
        StringBuilder trace = new();
        List<int> members = [];
        for (int i = Lowest - 1; i <= Highest; i++)
        {
            int bucket = descending ? Highest + Lowest - 1 - i : i;
            members.Clear();
            members.AddRange(values.Where(v => Bucket(v) == bucket));
            if (members.Count == 0)
            {
                continue;
            }

            trace.Append(bucket < 0 ? $"-{-bucket - 1}" : $"{bucket}").Append(':').AppendJoin(',', members);
            if (members.Count > 1)
            {
                members.Sort();
                if (descending)
                {
                    members.Reverse();
                }

                trace.Append('>').AppendJoin(',', members);
            }

            trace.Append(';');
        }

        return trace.ToString();
    }

    // ..., -19..-10 -> -2, -9..-1 -> -1, 0..9 -> 0, 10..19 -> 1, ...
    private static int Bucket(int value) => value < 0 ? -(-value / 10) - 1 : value / 10;
}
