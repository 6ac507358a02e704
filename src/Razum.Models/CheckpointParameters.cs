using Razum.Tensors;
using Razum.Tensors.Checkpoints;

namespace Razum.Models;

/// <summary>
/// The parameters of a published checkpoint. For inference they stay where they are mapped; <paramref name="trainable"/> ones are F32 copies, after which
/// the checkpoint is not needed any more. The checkpoint must not be disposed while mapped weights are used.
/// </summary>
public sealed class CheckpointParameters(Checkpoint checkpoint, bool trainable = false) : ParameterSource
{
    public override Weight Get(string name, int rows, int columns) => checkpoint.ReadMatrix(name, rows, columns, trainable);

    public override Weight GetVector(string name, int length) => checkpoint.ReadVector(name, length, trainable);

    public override bool Contains(string name) => checkpoint.Contains(name);
}
