using Razum.Tensors;

namespace Razum.Models;

/// <summary>The rotation of a model's queries and keys.</summary>
/// <param name="Theta">Base of the frequencies.</param>
/// <param name="Layout">Which columns form a pair.</param>
/// <param name="Scaling">Long-context scaling; null for none.</param>
public sealed record RopeConfig(double Theta, RopeLayout Layout, RopeScaling? Scaling);
