namespace Razum.Tensors;

/// <summary>The rule by which a router chooses (architecture notes 1.4).</summary>
/// <param name="Experts">E.</param>
/// <param name="TopK">Experts per token.</param>
/// <param name="Score">Scores from logits.</param>
/// <param name="Groups">Number of groups; 1 for none.</param>
/// <param name="TopGroups">Groups kept.</param>
/// <param name="GroupScore">Score of a group.</param>
/// <param name="Normalise">Whether the weights of a token are divided by (their sum + 1e-20).</param>
/// <param name="ScalingFactor">Factor on the weights.</param>
public sealed record RouterShape(
    int Experts, int TopK, RouterScore Score, int Groups, int TopGroups, GroupScore GroupScore, bool Normalise, float ScalingFactor);
