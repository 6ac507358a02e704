namespace Razum.Tensors.Checkpoints.Torch;

/// <summary>What a name in a pickle stands for.</summary>
internal enum TorchGlobalKind
{
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    Size,
    Device,
    StorageType,
    ValueType,
}
