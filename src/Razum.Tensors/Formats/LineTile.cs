using System.Runtime.CompilerServices;
using Razum.Tensors.Simd;

namespace Razum.Tensors.Formats;

/// <summary>
/// Tiles of formats whose values are d s level - dmin m: d and dmin of 32 rows, then the parts: s[32], m[32] as bytes, and four pairs of halves of bytes or,
/// where levels need more than four bits, eight groups of whole bytes. The layout of <see cref="Q4_K"/>.
/// </summary>
internal readonly unsafe struct LineTile<F> : ITile
    where F : struct, ILineBlock
{
    private const int Head = 4 * BlockTiles.Lanes;
    private const int PartHead = 2 * BlockTiles.Lanes;
    private const int GroupBytes = 4 * BlockTiles.Lanes;

    public static WeightFormat Format => F.Format;

    public static int Values => F.Values;

    public static int Bytes => F.Bytes;

    public static int TileBytes => Head + (F.Values / 32 * PartBytes);

    public static bool HasMinimum => true;

    public static bool HasNibbles => F.Levels < 16;

    public static bool HasFloatScales => false;

    public static int Runs => 1;

    private static int PartBytes => PartHead + ((HasNibbles ? 4 : 8) * GroupBytes);

    public static void Dequantize(byte* block, float* target) => F.Dequantize(block, target);

    public static void Quantize(float* source, Importance importance, byte* block) => F.Quantize(source, importance, block);

    public static void Pack(byte* block, int lane, byte* tile)
    {
        (((ushort*)tile)[lane], ((ushort*)tile)[BlockTiles.Lanes + lane]) = F.Steps(block);
        byte* levels = stackalloc byte[32];
        for (int part = 0; part < F.Values / 32; part++)
        {
            byte* head = Part(tile, part);
            (head[lane], head[BlockTiles.Lanes + lane]) = F.Read(block, part, levels);
            for (int i = 0; i < 32; i++)
            {
                byte* four = head + PartHead + (4 * lane) + (i % 4);
                if (!HasNibbles)
                {
                    four[i / 4 * GroupBytes] = levels[i];
                }
                else if (i % 8 < 4)
                {
                    four[i / 8 * GroupBytes] = (byte)(levels[i] | (levels[i + 4] << 4));
                }
            }
        }
    }

    public static void Unpack(byte* tile, int part, int lane, float* target)
    {
        byte* head = Part(tile, part);
        float scale = (float)((Half*)tile)[lane] * head[lane], minimum = (float)((Half*)tile)[BlockTiles.Lanes + lane] * head[BlockTiles.Lanes + lane];
        for (int i = 0; i < 32; i++)
        {
            byte* four = head + PartHead + (4 * lane) + (i % 4);
            int level = HasNibbles ? four[i / 8 * GroupBytes] >> (i % 8 / 4 * 4) & 15 : four[i / 4 * GroupBytes];
            float product = scale * level; // rounded before the subtraction
            target[i] = product - minimum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Scale<S, V>(byte* tile, int run, int lane)
        where S : struct, ISimd<V>
        where V : struct => S.Multiply(S.LoadHalf((ushort*)tile + lane), S.LoadBytes(Part(tile, run) + lane));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Minimum<S, V>(byte* tile, int part, int lane)
        where S : struct, ISimd<V>
        where V : struct =>
        S.Multiply(S.LoadHalf((ushort*)tile + BlockTiles.Lanes + lane), S.LoadBytes(Part(tile, part) + BlockTiles.Lanes + lane));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V First<S, V>(byte* tile, int part, int pair, int lane)
        where S : struct, ISimd<V>
        where V : struct => HasNibbles
        ? S.LowNibbles(S.Load((float*)(Part(tile, part) + PartHead + (pair * GroupBytes)) + lane))
        : S.Load((float*)(Part(tile, part) + PartHead + (2 * pair * GroupBytes)) + lane);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Second<S, V>(byte* tile, int part, int pair, int lane)
        where S : struct, ISimd<V>
        where V : struct => HasNibbles
        ? S.HighNibbles(S.Load((float*)(Part(tile, part) + PartHead + (pair * GroupBytes)) + lane))
        : S.Load((float*)(Part(tile, part) + PartHead + (((2 * pair) + 1) * GroupBytes)) + lane);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Part(byte* tile, int part) => tile + Head + (part * PartBytes);
}
