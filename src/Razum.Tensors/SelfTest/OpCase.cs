namespace Razum.Tensors.SelfTest;

/// <summary>
/// One operation on small inputs: how to call it, and what the scalar reference of its kernel gives. <see cref="OpCheck"/> runs a case on any
/// instruction set, forward against the reference and backward against central differences of the reference.
/// </summary>
/// <param name="Op">Name of the method of <see cref="Ops"/>.</param>
/// <param name="Inputs">Shapes of the activations.</param>
/// <param name="Weights">Shapes of the weights.</param>
/// <param name="Run">Calls the operation.</param>
/// <param name="Reference">Calls the reference, on its own memory.</param>
internal sealed record OpCase(
    string Op,
    (int Rows, int Columns)[] Inputs,
    (int Rows, int Columns)[] Weights,
    Func<Ops, Tensor[], Weight[], Tensor> Run,
    Func<Arena, Tensor[], Weight[], Tensor> Reference)
{
    /// <summary>Distinguishes several cases of one operation.</summary>
    public string Variant { get; init; } = "";

    /// <summary>The class of <see cref="Kernels"/> that computes it; the operation's own name unless said.</summary>
    public string Kernel { get; init; } = Op;

    /// <summary>Fixes the values. With gradients no choice of a router may be near a tie: a step of the difference must not change it.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether gradients are checked; not where they would take too long, or where the case shows a value that has none.</summary>
    public bool Gradients { get; init; } = true;

    public string Name => Variant.Length == 0 ? Op : $"{Op}, {Variant}";

    public override string ToString() => Name;
}
