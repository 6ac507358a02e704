using System.Text;
using System.Text.Json.Nodes;

namespace Razum.Training.Tasks;

/// <summary>A chain of + - * worked left to right without precedence, every result modulo 100 (0..99, also after a subtraction).</summary>
internal sealed class ChainTask : IntegerTask
{
    public override string Name => "chain_mod100";

    public override IReadOnlyList<int> Levels { get; } = [2, 3, 4, 5, 6];

    public override TaskProblem Generate(ref TaskRandom random)
    {
        int count = random.Next(2, 6);
        StringBuilder expression = new();
        expression.Append(random.Next(10, 99));
        for (int i = 0; i < count; i++)
        {
            expression.Append(random.Pick<char>("+-*")).Append(random.Next(2, 9));
        }

        return Problem($"{expression}=?", new JsonObject { ["expression"] = expression.ToString() });
    }

    /// <summary>Operations.</summary>
    public override int Size(JsonObject truth) => truth.Text("expression").Count(c => c is '+' or '-' or '*');

    public override JsonValue Solve(JsonObject truth)
    {
        string expression = truth.Text("expression"); // two digits, then pairs of operator and digit
        int value = 0;
        char operation = '+';
        int operand = 0;
        foreach (char c in expression)
        {
            if (char.IsAsciiDigit(c))
            {
                operand = (operand * 10) + (c - '0');
                continue;
            }

            value = Apply(value, operation, operand);
            (operation, operand) = (c, 0);
        }

        return JsonValue.Create(Apply(value, operation, operand));
    }

    private static int Apply(int value, char operation, int operand)
    {
        int result = operation switch { '+' => value + operand, '-' => value - operand, _ => value * operand } % 100;
        return result < 0 ? result + 100 : result;
    }
}
