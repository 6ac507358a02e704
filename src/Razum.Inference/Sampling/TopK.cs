namespace Razum.Inference.Sampling;

/// <summary>Keeps exactly k tokens: descending logit, equal ones by ascending id. 0, or as many as there are, keeps all.</summary>
internal static class TopK
{
    public static void Apply(Candidates candidates, int k)
    {
        if (k > 0 && k < candidates.Count)
        {
            candidates.Keep(candidates.Select.ByCount(candidates.Distances, k));
        }
    }
}
