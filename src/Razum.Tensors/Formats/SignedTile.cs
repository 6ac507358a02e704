using System.Runtime.CompilerServices;
using Razum.Tensors.Simd;

namespace Razum.Tensors.Formats;

/// <summary>
/// Tiles of formats whose values are scale * weight: for every part the scales of 32 rows (F32, one or two a row), then groups of four weights, stored as
/// weight + 128. A byte a weight and 4 or 8 bytes a part, whatever the format has: levels of a codebook, signs and upper bits are looked up once.
/// </summary>
internal readonly unsafe struct SignedTile<F> : ITile
    where F : struct, ISignedBlock
{
    private const int Groups = 8;
    private const int GroupBytes = 4 * BlockTiles.Lanes;

    public static WeightFormat Format => F.Format;

    public static int Values => F.Values;

    public static int Bytes => F.Bytes;

    public static int TileBytes => F.Values / 32 * PartBytes;

    public static bool HasMinimum => false;

    public static bool HasNibbles => false;

    public static bool HasFloatScales => true;

    public static int Runs => F.Runs;

    private static int Head => F.Runs * sizeof(float) * BlockTiles.Lanes;

    private static int PartBytes => Head + (Groups * GroupBytes);

    public static void Dequantize(byte* block, float* target) => F.Dequantize(block, target);

    public static void Quantize(float* source, Importance importance, byte* block) => F.Quantize(source, importance, block);

    public static void Pack(byte* block, int lane, byte* tile)
    {
        sbyte* weights = stackalloc sbyte[32];
        float* scales = stackalloc float[2];
        for (int part = 0; part < F.Values / 32; part++, tile += PartBytes)
        {
            F.Read(block, part, weights, scales);
            for (int run = 0; run < F.Runs; run++)
            {
                ((float*)tile)[(run * BlockTiles.Lanes) + lane] = scales[run];
            }

            for (int group = 0; group < Groups; group++)
            {
                ((uint*)(tile + Head))[(group * BlockTiles.Lanes) + lane] = ((uint*)weights)[group] ^ 0x80808080; // + 128 in every byte
            }
        }
    }

    public static void Unpack(byte* tile, int part, int lane, float* target)
    {
        tile += part * PartBytes;
        for (int i = 0; i < 32; i++)
        {
            byte weight = tile[Head + (i / 4 * GroupBytes) + (4 * lane) + (i % 4)];
            target[i] = ((float*)tile)[(i * F.Runs / 32 * BlockTiles.Lanes) + lane] * (weight - 128);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Scale<S, V>(byte* tile, int run, int lane)
        where S : struct, ISimd<V>
        where V : struct => S.Load((float*)(tile + (run / F.Runs * PartBytes)) + (run % F.Runs * BlockTiles.Lanes) + lane);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Minimum<S, V>(byte* tile, int part, int lane)
        where S : struct, ISimd<V>
        where V : struct => S.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V First<S, V>(byte* tile, int part, int pair, int lane)
        where S : struct, ISimd<V>
        where V : struct => S.Load((float*)(tile + (part * PartBytes) + Head + (2 * pair * GroupBytes)) + lane);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Second<S, V>(byte* tile, int part, int pair, int lane)
        where S : struct, ISimd<V>
        where V : struct => S.Load((float*)(tile + (part * PartBytes) + Head + (((2 * pair) + 1) * GroupBytes)) + lane);
}
