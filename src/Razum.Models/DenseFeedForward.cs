using Razum.Tensors;

namespace Razum.Models;

/// <summary>SwiGLU: down(silu(gate x) * up x).</summary>
public sealed class DenseFeedForward(ParameterSource source, string name, int hidden, int intermediate, bool bias) : FeedForward
{
    private readonly Linear _gate = new(source, name + ".gate_proj", hidden, intermediate, bias);
    private readonly Linear _up = new(source, name + ".up_proj", hidden, intermediate, bias);
    private readonly Linear _down = new(source, name + ".down_proj", intermediate, hidden, bias);

    public override Tensor Forward(Ops ops, Tensor x, Batch batch) =>
        _down.Forward(ops, ops.SwiGlu(_gate.Forward(ops, x, batch.Adapted), _up.Forward(ops, x, batch.Adapted)), batch.Adapted);
}
