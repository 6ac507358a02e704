using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;

namespace Razum.Training.Tasks;

/// <summary>
/// Reach a target with given numbers, each used at most once, by + - * / and brackets; any expression of exactly that value is right.
/// The target comes from a random left-to-right expression over all the numbers, so a solution that uses them all exists.
/// </summary>
public sealed class CountdownTask : ProceduralTask
{
    private readonly int _count;
    private readonly int _max;

    internal CountdownTask(int count, int max)
    {
        (_count, _max) = (count, max);
        Name = $"countdown{count}";
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<int> Levels { get; } = [50, 200, 999];

    /// <inheritdoc/>
    public override TaskProblem Generate(ref TaskRandom random)
    {
        int[] numbers = new int[_count];
        int[] order = new int[_count];
        while (true)
        {
            for (int i = 0; i < numbers.Length; i++)
            {
                numbers[i] = random.Next(1, _max);
            }

            numbers.CopyTo(order, 0);
            random.Shuffle<int>(order);
            (string expression, Rational value) = Combine(order, ref random);
            if (value.IsInteger && value.Numerator >= 1 && value.Numerator <= 999 && !numbers.Contains((int)value.Numerator))
            {
                int target = (int)value.Numerator;
                JsonObject truth = new() { ["numbers"] = TruthFields.ToArray(numbers), ["target"] = target, ["answer"] = expression };
                return new TaskProblem($"numbers {string.Join(' ', numbers)} target {target}", expression, truth);
            }
        }
    }

    /// <inheritdoc/>
    public override int Size(JsonObject truth) => Math.Max(truth.Integers("numbers").Max(), truth.Integer("target"));

    /// <summary>As <see cref="ProceduralTask.Check"/>, but an expression that leaves a number out is wrong.</summary>
    public TaskVerdict CheckUseAll(string prefix, string completion, bool ended, JsonObject truth)
    {
        TaskVerdict verdict = Check(prefix, completion, ended, truth);
        return verdict.Outcome == TaskOutcome.Correct && CheckAnswer(verdict.Extracted!, truth, useAll: true) != TaskOutcome.Correct
            ? verdict with { Outcome = TaskOutcome.Wrong }
            : verdict;
    }

    /// <inheritdoc/>
    protected override TaskOutcome CheckAnswer(string answer, JsonObject truth) => CheckAnswer(answer, truth, useAll: false);

    private static TaskOutcome CheckAnswer(string answer, JsonObject truth, bool useAll)
    {
        if (!CountdownExpression.TryRead(answer, out Rational value, out IReadOnlyList<BigInteger> used))
        {
            return TaskOutcome.Unparseable;
        }

        List<BigInteger> left = [.. truth.Integers("numbers").Select(n => (BigInteger)n)];
        bool allowed = used.All(left.Remove) && !(useAll && left.Count > 0);
        return allowed && value == (BigInteger)truth.Integer("target") ? TaskOutcome.Correct : TaskOutcome.Wrong;
    }

    // Random operators between the numbers, from the left. Brackets go around what has been built, except before + and - while there are none yet.
    private static (string Expression, Rational Value) Combine(ReadOnlySpan<int> order, ref TaskRandom random)
    {
        StringBuilder expression = new();
        expression.Append(order[0]);
        Rational value = (BigInteger)order[0];
        bool bracketed = false;
        for (int i = 1; i < order.Length; i++)
        {
            char operation = random.Pick<char>("+-*/");
            Rational right = (BigInteger)order[i];
            value = operation switch { '+' => value + right, '-' => value - right, '*' => value * right, _ => value / right };
            if (i > 1 && (bracketed || operation is '*' or '/'))
            {
                expression.Insert(0, '(').Append(')');
                bracketed = true;
            }

            expression.Append(operation).Append(order[i]);
        }

        return (expression.ToString(), value);
    }
}
