namespace Razum.Training.Verifiers;

/// <summary>One term of a reward.</summary>
/// <param name="Name">Its name in results and metrics, unique within a reward.</param>
/// <param name="Verifier">Who judges.</param>
/// <param name="Weight">Factor on the verifier's score.</param>
public sealed record RewardPart(string Name, Verifier Verifier, double Weight);
