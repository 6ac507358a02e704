using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data;

/// <summary>
/// Problems that people try first and that the tasks hardly ever draw: sums of digits, one operation, letters of real words. A few of them are trained
/// on, none is evaluated.
/// </summary>
internal static class PlainProblems
{
    private static readonly string[] s_words =
    [
        "strawberry", "banana", "apple", "hello", "world", "tree", "letter", "little", "book", "coffee", "raspberry", "cherry", "orange", "computer",
        "mississippi", "keyboard", "window", "garden", "mountain", "bottle", "butter", "summer", "winter", "puzzle", "balloon", "elephant", "tomorrow",
        "address", "success", "kangaroo", "pepper", "rabbit", "school", "teacher", "yellow", "purple", "razum", "model", "reason", "thinking", "number",
        "alphabet", "chocolate", "sandwich", "football", "holiday", "morning", "evening", "parallel", "necessary", "occurrence", "committee", "bookkeeper",
        "programming", "language", "question", "answer", "dragon", "jazz", "quick", "zebra", "onomatopoeia", "cat", "dog", "house", "water",
    ];

    /// <summary>A plain problem of the family, or null where it has none or this time is not one.</summary>
    public static TaskProblem? Draw(string family, ref TaskRandom random)
    {
        double share = family switch { "addition" or "chain_mod100" => 0.03, "count_letters" => 0.15, "reversing" => 0.05, _ => 0 };
        if (share == 0 || random.NextDouble() >= share)
        {
            return null;
        }

        return family switch
        {
            "addition" => Addition(random.Next(0, 9), random.Next(0, 99)),
            "chain_mod100" => Operation(ref random),
            "count_letters" => Counting(ref random),
            _ => Reversing(random.Pick<string>(s_words)),
        };
    }

    private static TaskProblem Addition(int a, int b) => new($"{a}+{b}=?", $"{a + b}", new JsonObject { ["a"] = a, ["b"] = b, ["answer"] = a + b });

    // Only results that modulo 100 leaves as they are.
    private static TaskProblem Operation(ref TaskRandom random)
    {
        while (true)
        {
            (int a, char operation, int b) = (random.Next(1, 99), random.Pick<char>("--***"), random.Next(2, 9));
            int value = operation == '-' ? a - b : a * b;
            if (value is >= 0 and < 100)
            {
                return new($"{a}{operation}{b}=?", $"{value}", new JsonObject { ["expression"] = $"{a}{operation}{b}", ["answer"] = value });
            }
        }
    }

    private static TaskProblem Counting(ref TaskRandom random)
    {
        string word = random.NextDouble() < 0.5 ? random.Pick<string>(s_words) : Letters(ref random);
        char letter = random.NextDouble() < 0.8 ? random.Pick<char>(word) : (char)random.Next('a', 'z');
        int count = word.Count(c => c == letter);
        return new($"count {letter} in {word}", $"{count}", new JsonObject { ["letter"] = letter.ToString(), ["word"] = word, ["answer"] = count });
    }

    private static TaskProblem Reversing(string word)
    {
        string answer = string.Concat(word.Reverse());
        return new($"reverse: {word}", answer, new JsonObject { ["word"] = word, ["answer"] = answer });
    }

    private static string Letters(ref TaskRandom random)
    {
        char[] word = new char[random.Next(3, 12)];
        for (int i = 0; i < word.Length; i++)
        {
            word[i] = i > 0 && random.NextDouble() < 0.2 ? word[random.Next(0, i - 1)] : (char)random.Next('a', 'z');
        }

        return new string(word);
    }
}
