using Razum.Training.Tasks;

namespace Razum.Training.Verifiers.Math;

/// <summary>
/// Compares expressions by their values: exactly where they are rational, else to hundreds of bits, at several points where they have variables.
/// An identity that holds at all of them holds, but for a chance far below that of a machine's error.
/// </summary>
internal sealed class ScalarComparison(MathSettings settings, StepBudget budget)
{
    public bool AreEqual(Node gold, Node answer)
    {
        if (!settings.Strict)
        {
            (gold, answer) = (Renaming.Plain(gold), Renaming.Plain(answer));
        }

        bool rounds = FreeVariables.HasDecimal(gold) || FreeVariables.HasDecimal(answer);
        int compared = 0;
        SortedSet<string> variables = [.. FreeVariables.Of(gold), .. FreeVariables.Of(answer)];
        foreach ((Quantity a, Quantity b) in Values(gold, answer, variables))
        {
            if (a.IsVague || b.IsVague)
            {
                continue;
            }

            compared++;
            if (!Quantity.AreEqual(a, b) && !(rounds && Quantity.RoundsEqual(a, b, settings.Precision)))
            {
                return false;
            }
        }

        return compared >= (variables.Count == 0 ? 1 : 2) || Canonical.Text(gold) == Canonical.Text(answer);
    }

    /// <summary>Whether gold = factor x answer everywhere, with one factor that is not 0, and positive if <paramref name="positive"/>.</summary>
    public bool AreProportional(Node gold, Node answer, bool positive)
    {
        Quantity? factor = null;
        int compared = 0;
        SortedSet<string> variables = [.. FreeVariables.Of(gold), .. FreeVariables.Of(answer)];
        foreach ((Quantity a, Quantity b) in Values(gold, answer, variables))
        {
            if (IsNothing(a) != IsNothing(b))
            {
                return false;
            }

            if (IsNothing(a))
            {
                continue;
            }

            Quantity quotient = a / b;
            if ((positive && !(quotient.IsReal && Quantity.Compare(quotient, new Quantity(new Rational(0, 1))) > 0))
                || (factor is not null && !Quantity.AreEqual(factor, quotient)))
            {
                return false;
            }

            factor = quotient;
            compared++;
        }

        return compared >= (variables.Count == 0 ? 1 : 2);
    }

    /// <summary>The value of a constant; null where it has none.</summary>
    public Quantity? Value(Node node)
    {
        try
        {
            return new Evaluator(budget, new Dictionary<string, Quantity>()).Value(node);
        }
        catch (NoValueException) when (!budget.IsUsedUp)
        {
            return null;
        }
    }

    /// <summary>Both values at every point where both have one.</summary>
    private IEnumerable<(Quantity Gold, Quantity Answer)> Values(Node gold, Node answer, SortedSet<string> variables)
    {
        for (int i = 0; i < (variables.Count == 0 ? 1 : Points.Count); i++)
        {
            Dictionary<string, Quantity> point = Points.At(i, variables);
            (Quantity, Quantity)? pair = null;
            try
            {
                pair = (new Evaluator(budget, point).Value(gold), new Evaluator(budget, point).Value(answer));
            }
            catch (NoValueException) when (!budget.IsUsedUp)
            {
            }

            if (pair is { } both)
            {
                yield return both;
            }
        }
    }

    private static bool IsNothing(Quantity q) => q.Exact?.IsZero ?? BigFloat.Agree(q.Value.Abs(), BigFloat.Zero);
}
