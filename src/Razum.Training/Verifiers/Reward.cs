using Razum.Training.Runs;

namespace Razum.Training.Verifiers;

/// <summary>
/// A weighted sum of verifiers' scores. An error in any part makes the whole an error, so that a verifier which fails never looks like a wrong answer.
/// In a run file: <c>[{"verifier": "task", "weight": 1}, {"verifier": "format", "weight": 0.1, "style": "strict"}]</c>.
/// </summary>
public sealed class Reward
{
    /// <exception cref="ArgumentException">No part, two of one name, or a weight that is not a finite number.</exception>
    public Reward(IReadOnlyList<RewardPart> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Count == 0)
        {
            throw new ArgumentException("a reward needs at least one part");
        }

        if (parts.FirstOrDefault(p => !double.IsFinite(p.Weight)) is { } bad)
        {
            throw new ArgumentException($"the weight of '{bad.Name}' is not a finite number");
        }

        if (parts.GroupBy(p => p.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"two parts of the reward are called '{twice.Key}'; give one another \"name\"");
        }

        Parts = parts;
    }

    public IReadOnlyList<RewardPart> Parts { get; }

    /// <summary>Judges one completion. May be called by several threads.</summary>
    public RewardResult Score(Problem problem, Completion completion)
    {
        var verdicts = new Dictionary<string, Verdict>(Parts.Count, StringComparer.Ordinal);
        double total = 0;
        VerdictOutcome outcome = VerdictOutcome.Correct;
        foreach (RewardPart part in Parts)
        {
            Verdict verdict = part.Verifier.Verify(problem, completion);
            verdicts.Add(part.Name, verdict);
            total += part.Weight * verdict.Score; // the NaN of an error spreads, whatever the weight
            bool counts = part.Verifier.JudgesAnswer || verdict.Outcome == VerdictOutcome.Error;
            outcome = counts && verdict.Outcome > outcome ? verdict.Outcome : outcome;
        }

        return new RewardResult(outcome == VerdictOutcome.Error ? double.NaN : total, outcome, verdicts);
    }

    /// <summary>Reads the objects of a run file's list of rewards.</summary>
    /// <exception cref="InvalidDataException">A field is wrong or unknown; names file and field.</exception>
    internal static Reward Read(IReadOnlyList<RunFields> objects)
    {
        var parts = new List<RewardPart>();
        foreach (RunFields fields in objects)
        {
            Verifier verifier = VerifierRegistry.Read(fields);
            string name = fields.Text("name", verifier.Name);
            parts.Add(parts.Exists(p => p.Name == name)
                ? throw fields.Fault("name", $"two rewards are called '{name}'")
                : new RewardPart(name, verifier, fields.Number("weight", 1)));
            fields.Done();
        }

        return new Reward(parts);
    }
}
