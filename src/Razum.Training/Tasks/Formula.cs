namespace Razum.Training.Tasks;

/// <summary>A formula of propositional logic: a variable, a negation, or two formulas joined by and, or, -> or xor.</summary>
internal abstract record Formula
{
    /// <summary>Whether it holds when variable i (0 for p) is bit i of <paramref name="assignment"/>.</summary>
    public abstract bool Holds(int assignment);

    /// <summary>A random formula over the first <paramref name="variables"/> of p, q, r, at most <paramref name="depth"/> deep.</summary>
    public static Formula Random(ref TaskRandom random, int depth, int variables)
    {
        if (depth == 0 || random.NextDouble() < 0.2)
        {
            return new Variable(random.Next(0, variables - 1));
        }

        string operation = random.Pick<string>(["not", "and", "or", "->", "xor"]);
        Formula first = Random(ref random, depth - 1, variables);
        return operation == "not" ? new Negation(first) : new Connection(first, operation, Random(ref random, depth - 1, variables));
    }

    /// <summary>p, q or r.</summary>
    private sealed record Variable(int Index) : Formula
    {
        public override bool Holds(int assignment) => ((assignment >> Index) & 1) == 1;

        public override string ToString() => "pqr".Substring(Index, 1);
    }

    private sealed record Negation(Formula Operand) : Formula
    {
        public override bool Holds(int assignment) => !Operand.Holds(assignment);

        public override string ToString() => $"not {Operand}";
    }

    private sealed record Connection(Formula Left, string Operation, Formula Right) : Formula
    {
        public override bool Holds(int assignment)
        {
            (bool left, bool right) = (Left.Holds(assignment), Right.Holds(assignment));
            return Operation switch { "and" => left && right, "or" => left || right, "->" => !left || right, _ => left != right };
        }

        public override string ToString() => $"({Left} {Operation} {Right})";
    }
}
