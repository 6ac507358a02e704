namespace Razum.Tensors;

/// <summary>Cosines and sines of rotary embedding.</summary>
public sealed class RopeTable
{
}
