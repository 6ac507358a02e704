using Razum.Inference.Sampling;

namespace Razum.Inference.Speculation;

/// <summary>
/// Decides on a drafted token x by the target's distribution p and the draft's q, both after all steps of sampling: x stays with probability
/// min(1, p(x) / q(x)), else one is drawn from max(p - q, 0), normalised. The result is distributed as p (Leviathan, Kalman and Matias 2023, appendix A.1).
/// </summary>
internal static class Rejection
{
    /// <param name="target">p. What it holds afterwards is of no use.</param>
    /// <param name="draft">q.</param>
    /// <param name="token">x, drawn from q.</param>
    /// <param name="accept">Uniform number in [0, 1) that decides whether x stays.</param>
    /// <param name="redraw">Uniform number in [0, 1) for the draw in its place.</param>
    /// <param name="accepted">Whether x stayed.</param>
    public static int Choose(Candidates target, DraftDistribution draft, int token, double accept, double redraw, out bool accepted)
    {
        double total = 0, weight = 0, left = 0;
        ReadOnlySpan<int> ids = target.Ids;
        ReadOnlySpan<double> weights = target.Weights;
        for (int i = 0; i < ids.Length; i++)
        {
            total += weights[i];
            weight = ids[i] == token ? weights[i] : weight;
        }

        int place = draft.Ids.BinarySearch(token);
        accepted = place >= 0 && accept * draft.Probabilities[place] < weight / total;
        if (accepted)
        {
            return token;
        }

        int j = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            while (j < draft.Ids.Length && draft.Ids[j] < ids[i])
            {
                j++;
            }

            double q = j < draft.Ids.Length && draft.Ids[j] == ids[i] ? draft.Probabilities[j] : 0;
            target.SetWeight(i, Math.Max((weights[i] / total) - q, 0));
            left += weights[i];
        }

        // p = q leaves nothing, and then only rounding can have rejected x.
        return left > 0 ? InverseCdf.Draw(target, redraw) : token;
    }
}
