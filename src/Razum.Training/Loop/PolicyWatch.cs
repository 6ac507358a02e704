using System.Globalization;

namespace Razum.Training.Loop;

/// <summary>
/// Looks for what makes reinforcement learning fail silently, and says it in plain words: judges that fail, a reward that never differs, answers that are
/// cut off, a policy that jumps, a policy that has collapsed. What cannot get better by going on stops the run.
/// </summary>
internal sealed class PolicyWatch
{
    private const int Patience = 5;
    private const int LongPatience = 10;
    private const double LargeStep = 0.2; // nats a token in one step; usual ones are below 0.02
    private const double MuchTruncated = 0.9;

    private readonly Queue<double> _recent = new();
    private int _constant;
    private int _failed;
    private int _truncated;
    private int _jumps;
    private double _best;

    /// <summary>What there is to say after a step, and whether it is a reason to stop.</summary>
    public (string? Warning, string? Stop) Look(PolicyProgress step)
    {
        string? judges = Judges(step);
        if (_failed >= Patience)
        {
            return (null, $"no answer of {_failed} steps could be judged: {step.Error}");
        }

        if (step.Samples == 0)
        {
            return (judges, null);
        }

        (string? cuts, string? constant, string? jumps) = (Cuts(step), Constant(step), Jumps(step)); // each counts its own steps
        string? warning = cuts ?? constant ?? jumps ?? judges;
        string? stop = Collapsed(step);
        stop ??= _constant >= LongPatience ? Text($"every answer of {_constant} steps earned the same as the others of its prompt: there is nothing to learn from") : null;
        return (stop is null ? warning : null, stop);
    }

    private string? Judges(PolicyProgress step)
    {
        _failed = step.Samples == 0 && step.Errors > 0 ? _failed + 1 : 0;
        return step.Errors > 0 ? Text($"{step.Errors} of {step.Errors + step.Samples} answers could not be judged and are not trained on: {step.Error}") : null;
    }

    private string? Cuts(PolicyProgress step)
    {
        _truncated = step.Truncated >= MuchTruncated ? _truncated + 1 : 0;
        return _truncated >= Patience
            ? Text($"{step.Truncated:P0} of the answers are cut off before they end, for {_truncated} steps: max_tokens is too small, or the model never ends its answers")
            : null;
    }

    private string? Constant(PolicyProgress step)
    {
        _constant = step.ZeroVariance == 1 ? _constant + 1 : 0;
        return _constant < Patience ? null
            : step.Accuracy == 1 ? Text($"every answer of {_constant} steps was right: the problems are too easy")
            : step.Accuracy == 0 ? Text($"no answer of {_constant} steps was right: the problems are too hard, or the reward never fits what the model writes")
            : Text($"the reward did not differ within any prompt for {_constant} steps: it may be constant");
    }

    private string? Jumps(PolicyProgress step)
    {
        bool jumps = Math.Abs(step.StepKl) > LargeStep;
        _jumps = jumps ? _jumps + 1 : 0;
        return jumps ? Text($"one step moved the policy by {step.StepKl:0.00} nats a token: the learning rate is too high") : null;
    }

    private string? Collapsed(PolicyProgress step)
    {
        _recent.Enqueue(step.Accuracy);
        if (_recent.Count > Patience)
        {
            _recent.Dequeue();
        }

        double mean = _recent.Average();
        if (_recent.Count == Patience)
        {
            _best = Math.Max(_best, mean);
        }

        return _jumps >= Patience && mean < _best / 2
                ? Text($"the policy has collapsed: {_jumps} steps in a row moved it by more than {LargeStep} nats a token and {mean:P0} of its answers are right, after {_best:P0}: lower the learning rate")
            : _best > 0.1 && mean < _best / 3
                ? Text($"the policy has collapsed: {mean:P0} of its answers are right, after {_best:P0}")
            : null;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
