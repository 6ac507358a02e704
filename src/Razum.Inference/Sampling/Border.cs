namespace Razum.Inference.Sampling;

/// <summary>Where a selection ends: everything nearer than <paramref name="Distance"/> stays, and of what lies exactly there the first <paramref name="Ties"/>.</summary>
internal readonly record struct Border(double Distance, int Ties);
