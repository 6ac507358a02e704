namespace Razum.Tensors.Checkpoints;

/// <summary>Published names and widths of <see cref="ElementType"/>.</summary>
public static class ElementTypes
{
    // In the order of the enumeration.
    private static readonly (string Name, int Bits)[] s_table =
    [
        ("BOOL", 8), ("F4", 4), ("F6_E2M3", 6), ("F6_E3M2", 6), ("U8", 8), ("I8", 8), ("F8_E5M2", 8), ("F8_E4M3", 8), ("F8_E8M0", 8), ("F8_E4M3FNUZ", 8),
        ("F8_E5M2FNUZ", 8), ("I16", 16), ("U16", 16), ("F16", 16), ("BF16", 16), ("I32", 32), ("U32", 32), ("F32", 32), ("C64", 64), ("F64", 64), ("I64", 64),
        ("U64", 64),
    ];

    /// <summary>The name in files, e.g. <c>F8_E4M3</c>.</summary>
    public static string Name(this ElementType type) => s_table[(int)type].Name;

    /// <summary>Width of one value in bits; only F4 and F6 are not whole bytes.</summary>
    public static int Bits(this ElementType type) => s_table[(int)type].Bits;

    /// <summary>The type of that name; names are case-sensitive.</summary>
    internal static bool TryParse(string name, out ElementType type)
    {
        int index = Array.FindIndex(s_table, row => row.Name == name);
        type = (ElementType)index;
        return index >= 0;
    }
}
