using System.Runtime.CompilerServices;
using Razum.Tensors.Simd;

namespace Razum.Tensors.Formats;

/// <summary>
/// 32 signed bytes q and an F16 scale d: value = d * q. Block: d, q[32]. Tile: d of 32 rows, then groups of four values; weights are stored as q + 128,
/// because the byte products of x86 want one operand unsigned.
/// </summary>
internal readonly unsafe struct Q8_0 : IBlock
{
    private const int Head = 2 * BlockTiles.Lanes;
    private const int PairBytes = 8 * BlockTiles.Lanes;

    public static WeightFormat Format => WeightFormat.Q8_0;

    public static int Values => 32;

    public static int Bytes => 34;

    public static int TileBytes => Head + (4 * PairBytes);

    public static bool HasMinimum => false;

    /// <summary>d = max|x| / 127, q = x / d rounded half away from zero: the bytes of ggml.</summary>
    public static void Quantize(float* source, byte* block)
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
        float scale = (float)((Half*)tile)[lane];
        uint* weights = (uint*)(tile + Head) + lane;
        for (int group = 0; group < 8; group++)
        {
            uint four = weights[group * BlockTiles.Lanes];
            target[4 * group] = scale * ((byte)four - 128);
            target[(4 * group) + 1] = scale * ((byte)(four >> 8) - 128);
            target[(4 * group) + 2] = scale * ((byte)(four >> 16) - 128);
            target[(4 * group) + 3] = scale * ((byte)(four >> 24) - 128);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Scale<S, V>(byte* tile, int part, int lane)
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
