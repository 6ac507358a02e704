namespace Razum.Tensors.Checkpoints.Torch;

/// <summary>
/// One of the names that checkpoints of tensors need. A pickle is a program that calls what it names: whatever is not in this table is refused where it is
/// named, and what is in it stands for code of this folder. Nothing is looked up anywhere else.
/// </summary>
/// <param name="Name">Module and name, with a dot between.</param>
/// <param name="Kind">What it stands for.</param>
/// <param name="Type">Of a storage type: the type of its values.</param>
internal sealed record TorchGlobal(string Name, TorchGlobalKind Kind, ElementType Type = ElementType.U8)
{
    private static readonly Dictionary<(string Module, string Name), TorchGlobal> s_table = Table();

    /// <summary>The entry of exactly this module and name; null if there is none.</summary>
    public static TorchGlobal? Find(string module, string name) => s_table.GetValueOrDefault((module, name));

    private static Dictionary<(string Module, string Name), TorchGlobal> Table()
    {
        Dictionary<(string, string), TorchGlobal> table = [];
        void Add(string module, string name, TorchGlobalKind kind, ElementType type = ElementType.U8) =>
            table.Add((module, name), new TorchGlobal($"{module}.{name}", kind, type));

        Add("collections", "OrderedDict", TorchGlobalKind.OrderedDict);
        Add("torch._utils", "_rebuild_tensor_v2", TorchGlobalKind.RebuildTensor);
        Add("torch._utils", "_rebuild_parameter", TorchGlobalKind.RebuildParameter);
        Add("torch", "Size", TorchGlobalKind.Size);
        Add("torch", "device", TorchGlobalKind.Device);
        Add("torch.storage", "UntypedStorage", TorchGlobalKind.StorageType);
        foreach ((string name, ElementType type) in ((string, ElementType)[])[
            ("Float", ElementType.F32), ("Double", ElementType.F64), ("Half", ElementType.F16), ("BFloat16", ElementType.BF16), ("Long", ElementType.I64),
            ("Int", ElementType.I32), ("Short", ElementType.I16), ("Char", ElementType.I8), ("Byte", ElementType.U8), ("Bool", ElementType.Bool),
            ("ComplexFloat", ElementType.C64)])
        {
            Add("torch", name + "Storage", TorchGlobalKind.StorageType, type);
        }

        foreach (string name in (string[])[
            "float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64", "bool", "complex64", "complex128",
            "float8_e4m3fn", "float8_e5m2"])
        {
            Add("torch", name, TorchGlobalKind.ValueType);
        }

        return table;
    }
}
