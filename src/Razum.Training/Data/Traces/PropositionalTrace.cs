using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>
/// Each part of the formula by a letter, with its values in all rows of the truth table, innermost first: <c>p:0011,q:0101;a=!q:1010;b=p&amp;a:0010</c> for
/// (p and not q). With an assignment there is one row: <c>p:1,q:0;a=!q:1;b=p&amp;a:1</c>. <c>&gt;</c> is ->, <c>^</c> is xor.
/// </summary>
internal static class PropositionalTrace
{
    public static string Write(JsonObject truth)
    {
        List<(string Name, bool[] Values)> variables = truth["assignment"] is JsonObject given
            ? [.. given.Select(v => (v.Key, new[] { v.Value!.GetValue<bool>() }))]
            : Table(truth.Texts("variables"));
        StringBuilder trace = new();
        trace.AppendJoin(',', variables.Select(v => $"{v.Name}:{Bits(v.Values)}"));
        string[] words = truth.Text("formula").Replace("(", "( ").Replace(")", " )").Split(' ');
        int place = 0;
        char letter = 'a';
        (string name, bool[] result) = Read();
        if (letter == 'a')
        {
            Part(name, result); // a variable alone
        }

        return trace.ToString();

        // The name and the values of the part that begins at the place; the place is then behind it.
        (string Name, bool[] Values) Read()
        {
            string word = place < words.Length ? words[place++] : "";
            switch (word)
            {
                case "not":
                    (string operand, bool[] values) = Read();
                    return Part($"!{operand}", [.. values.Select(v => !v)]);
                case "(":
                    (string left, bool[] first) = Read();
                    string operation = place < words.Length ? words[place++] : "";
                    (string right, bool[] second) = Read();
                    place++; // the closing bracket
                    return Part($"{left}{Sign(operation)}{right}", [.. first.Zip(second, (a, b) => Apply(operation, a, b))]);
                default:
                    return variables.Find(v => v.Name == word) is { Name: not null } known
                        ? known
                        : throw new InvalidDataException($"truth: formula: '{word}' is not expected");
            }
        }

        (string Name, bool[] Values) Part(string text, bool[] values)
        {
            trace.Append(';').Append(letter).Append('=').Append(text).Append(':').Append(Bits(values));
            return ($"{letter++}", values);
        }
    }

    // The first variable changes slowest, as truth tables are written.
    private static List<(string Name, bool[] Values)> Table(string[] names) =>
        [.. names.Select((name, i) => (name, Enumerable.Range(0, 1 << names.Length).Select(row => ((row >> (names.Length - 1 - i)) & 1) == 1).ToArray()))];

    private static string Bits(bool[] values) => string.Concat(values.Select(v => v ? '1' : '0'));

    private static char Sign(string operation) => operation switch { "and" => '&', "or" => '|', "->" => '>', _ => '^' };

    private static bool Apply(string operation, bool a, bool b) =>
        operation switch { "and" => a && b, "or" => a || b, "->" => !a || b, "xor" => a != b, _ => throw new InvalidDataException($"truth: formula: '{operation}'") };
}
