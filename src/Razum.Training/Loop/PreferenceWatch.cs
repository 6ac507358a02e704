using System.Globalization;
using Razum.Training.Objectives;

namespace Razum.Training.Loop;

/// <summary>
/// Looks for the known way in which learning from preferences fails silently, and says it in plain words: the chosen answers become less likely too, only less
/// so than the rejected ones, so that margin and accuracy look ever better while the model forgets both.
/// </summary>
/// <param name="hasReference">Whether likelihoods are relative to where the stage began; otherwise to the first steps seen.</param>
internal sealed class PreferenceWatch(bool hasReference)
{
    private const int Window = 5;
    private const double LargeFall = 0.2; // nats a token

    private readonly Queue<(double LogRatio, double Margin)> _recent = new();
    private (double LogRatio, double Margin)? _start = hasReference ? (0, 0) : null;
    private double _level = LargeFall;

    /// <summary>What there is to say after a step; said again only when it has become twice as bad.</summary>
    public string? Look(PreferenceMetrics step)
    {
        _recent.Enqueue((step.ChosenLogRatioPerToken, step.Margin));
        if (_recent.Count < Window)
        {
            return null;
        }

        (double LogRatio, double Margin) now = (_recent.Average(s => s.LogRatio), _recent.Average(s => s.Margin));
        _recent.Dequeue();
        _start ??= now;
        double fall = _start.Value.LogRatio - now.LogRatio;
        if (fall < _level || now.Margin <= _start.Value.Margin)
        {
            return null;
        }

        _level = 2 * fall;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"the chosen answers have become less likely as well, by {fall:0.00} nats a token, while the margin grows: lower the learning rate, raise beta, or give nll a weight");
    }
}
