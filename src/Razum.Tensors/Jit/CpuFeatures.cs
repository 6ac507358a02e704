using System.Runtime.Intrinsics.X86;

namespace Razum.Tensors.Jit;

/// <summary>
/// What the processor says of itself by CPUID, for the instructions that .NET has no intrinsics for. That the operating system saves the
/// registers of AVX-512 is what <see cref="Avx512F.IsSupported"/> includes; tiles (AMX) are only reported, nothing here uses them.
/// </summary>
public static class CpuFeatures
{
    private static readonly (int Ebx, int Ecx, int Edx) s_leaf7 = Leaf7();
    private static readonly int s_leaf7Sub1 = Leaf7Sub1();

    /// <summary>AVX512F, BW and VL, usable by programs.</summary>
    public static bool Avx512 { get; } = Avx512F.IsSupported && Avx512BW.IsSupported && Avx512F.VL.IsSupported;

    /// <summary>AVX512_VNNI: <c>vpdpbusd</c> and <c>vpdpwssd</c> on 512-bit registers.</summary>
    public static bool Avx512Vnni { get; } = Avx512 && Bit(s_leaf7.Ecx, 11);

    /// <summary>AVX512_BF16: <c>vdpbf16ps</c> and conversions to BF16.</summary>
    public static bool Avx512BFloat16 { get; } = Avx512 && Bit(s_leaf7Sub1, 5);

    /// <summary>AVX_VNNI: <c>vpdpbusd</c> on 256-bit registers without AVX-512.</summary>
    public static bool AvxVnni { get; } = Avx2.IsSupported && Bit(s_leaf7Sub1, 4);

    /// <summary>Short names of everything found, as the manuals write them.</summary>
    public static IReadOnlyList<string> Names { get; } = List();

    private static bool Bit(int word, int bit) => ((word >> bit) & 1) != 0;

    private static (int Ebx, int Ecx, int Edx) Leaf7()
    {
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < 7)
        {
            return default;
        }

        (_, int ebx, int ecx, int edx) = X86Base.CpuId(7, 0);
        return (ebx, ecx, edx);
    }

    private static int Leaf7Sub1() =>
        X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7 && X86Base.CpuId(7, 0).Eax >= 1 ? X86Base.CpuId(7, 1).Eax : 0;

    private static string[] List()
    {
        (bool Present, string Name)[] all =
        [
            (Avx2.IsSupported, "AVX2"),
            (Fma.IsSupported, "FMA"),
            (Avx512F.IsSupported, "AVX512F"),
            (Avx512BW.IsSupported, "AVX512BW"),
            (Avx512F.VL.IsSupported, "AVX512VL"),
            (Avx512Vnni, "AVX512_VNNI"),
            (Avx512BFloat16, "AVX512_BF16"),
            (AvxVnni, "AVX_VNNI"),
            (Bit(s_leaf7.Edx, 24), "AMX_TILE"),
            (Bit(s_leaf7.Edx, 25), "AMX_INT8"),
            (Bit(s_leaf7.Edx, 22), "AMX_BF16"),
        ];
        return [.. all.Where(feature => feature.Present).Select(feature => feature.Name)];
    }
}
