using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Razum.Tensors.Simd;

namespace Razum.Tensors.Formats;

/// <summary>
/// 32 signed bytes q and an F16 scale d: value = d * q. Block: d, q[32]. Tile: d of 32 rows, then groups of four values; weights are stored as q + 128,
/// because the byte products of x86 want one operand unsigned.
/// </summary>
internal readonly unsafe struct Q8_0 : ITile
{
    private const int Head = 2 * BlockTiles.Lanes;
    private const int PairBytes = 8 * BlockTiles.Lanes;

    public static WeightFormat Format => WeightFormat.Q8_0;

    public static int Values => 32;

    public static int Bytes => 34;

    public static int TileBytes => Head + (4 * PairBytes);

    public static bool HasMinimum => false;

    public static bool HasNibbles => false;

    public static bool HasFloatScales => false;

    public static int Runs => 1;

    /// <summary>d = max|x| / 127, q = x / d rounded half away from zero: the bytes of ggml. Importance changes nothing.</summary>
    public static void Quantize(float* source, Importance importance, byte* block)
    {
        float max = 0;
        for (int i = 0; i < 32; i++)
        {
            max = MathF.Max(max, MathF.Abs(source[i]));
        }

        float scale = max / 127;
        float inverse = scale == 0 ? 0 : 1 / scale;
        Unsafe.WriteUnaligned(block, (Half)scale);
        for (int i = 0; i < 32; i++)
        {
            block[2 + i] = (byte)(sbyte)MathF.Round(source[i] * inverse, MidpointRounding.AwayFromZero);
        }
    }

    public static void Dequantize(byte* block, float* target)
    {
        float scale = (float)Unsafe.ReadUnaligned<Half>(block);
        for (int i = 0; i < 32; i++)
        {
            target[i] = scale * (sbyte)block[2 + i];
        }
    }

    public static void Pack(byte* block, int lane, byte* tile)
    {
        ((ushort*)tile)[lane] = Unsafe.ReadUnaligned<ushort>(block);
        uint* weights = (uint*)(tile + Head) + lane;
        for (int group = 0; group < 8; group++)
        {
            weights[group * BlockTiles.Lanes] = Unsafe.ReadUnaligned<uint>(block + 2 + (4 * group)) ^ 0x80808080; // + 128 in every byte
        }
    }

    public static void Unpack(byte* tile, int part, int lane, float* target)
    {
        Vector256<float> scale = Vector256.Create((float)((Half*)tile)[lane]);
        Vector256<float> zero = Vector256.Create(128f);
        uint* w = (uint*)(tile + Head) + lane;
        const int Next = BlockTiles.Lanes;
        Vector256<uint> groups = Vector256.Create(w[0], w[Next], w[2 * Next], w[3 * Next], w[4 * Next], w[5 * Next], w[6 * Next], w[7 * Next]);
        (Vector256<ushort> low, Vector256<ushort> high) = Vector256.Widen(groups.AsByte());
        Store(low, target);
        Store(high, target + 16);

        void Store(Vector256<ushort> weights, float* values)
        {
            (Vector256<uint> first, Vector256<uint> second) = Vector256.Widen(weights);
            Vector256.Store(scale * (Vector256.ConvertToSingle(first.AsInt32()) - zero), values);
            Vector256.Store(scale * (Vector256.ConvertToSingle(second.AsInt32()) - zero), values + 8);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Scale<S, V>(byte* tile, int run, int lane)
        where S : struct, ISimd<V>
        where V : struct => S.LoadHalf((ushort*)tile + lane);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Minimum<S, V>(byte* tile, int part, int lane)
        where S : struct, ISimd<V>
        where V : struct => S.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V First<S, V>(byte* tile, int part, int pair, int lane)
        where S : struct, ISimd<V>
        where V : struct => S.Load((float*)(tile + Head + (pair * PairBytes)) + lane);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Second<S, V>(byte* tile, int part, int pair, int lane)
        where S : struct, ISimd<V>
        where V : struct => S.Load((float*)(tile + Head + (pair * PairBytes)) + BlockTiles.Lanes + lane);
}
