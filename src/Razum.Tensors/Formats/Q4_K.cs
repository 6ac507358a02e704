using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Razum.Tensors.Simd;

namespace Razum.Tensors.Formats;

/// <summary>
/// 256 values in 8 parts of 32, each with a 6-bit scale s and minimum m; q has 4 bits: value = d s q - dmin m, d and dmin F16.
/// Block: d, dmin, 12 bytes of s and m, 128 bytes in which parts 2i and 2i+1 share bytes (low and high halves).
/// Tile: d and dmin of 32 rows, then the parts: s[32], m[32] as bytes and four pairs, whose first values are the low halves (4.63 bits a weight).
/// </summary>
internal readonly unsafe struct Q4_K : ITile
{
    private const int Parts = 8;
    private const int Head = 4 * BlockTiles.Lanes;
    private const int PartHead = 2 * BlockTiles.Lanes;
    private const int PairBytes = 4 * BlockTiles.Lanes;
    private const int PartBytes = PartHead + (4 * PairBytes);

    public static WeightFormat Format => WeightFormat.Q4_K;

    public static int Values => 256;

    public static int Bytes => 144;

    public static int TileBytes => Head + (Parts * PartBytes);

    public static bool HasMinimum => true;

    public static bool HasNibbles => true;

    public static bool HasFloatScales => false;

    public static int Runs => 1;

    public static void Dequantize(byte* block, float* target)
    {
        float d = (float)Unsafe.ReadUnaligned<Half>(block);
        float dmin = (float)Unsafe.ReadUnaligned<Half>(block + 2);
        for (int part = 0; part < Parts; part++)
        {
            float scale = d * SixBitScales.Scale(block + 4, part);
            float minimum = dmin * SixBitScales.Minimum(block + 4, part);
            for (int i = 0; i < 32; i++)
            {
                float product = scale * ReadWeight(block, part, i); // rounded before the subtraction
                target[(32 * part) + i] = product - minimum;
            }
        }
    }

    public static void Quantize(float* source, Importance importance, byte* block)
    {
        LineParts parts = new(source, importance, stackalloc float[Parts], stackalloc float[Parts], LineSearch.FourBits, 32, 63);
        new Span<byte>(block, Bytes).Clear();
        float d = BlockBytes.PutF16(block, parts.Scale);
        float dmin = BlockBytes.PutF16(block + 2, parts.Minimum);
        for (int part = 0; part < Parts; part++)
        {
            (int scale, int minimum) = parts[part];
            SixBitScales.Write(block + 4, part, scale, minimum);
            for (int i = 0; d * scale != 0 && i < 32; i++)
            {
                int level = (int)Math.Clamp(MathF.Round((source[(32 * part) + i] + (dmin * minimum)) / (d * scale)), 0, 15);
                block[16 + (part / 2 * 32) + i] |= (byte)(level << (part % 2 * 4));
            }
        }
    }

    public static void Pack(byte* block, int lane, byte* tile)
    {
        ((ushort*)tile)[lane] = Unsafe.ReadUnaligned<ushort>(block);
        ((ushort*)tile)[BlockTiles.Lanes + lane] = Unsafe.ReadUnaligned<ushort>(block + 2);
        for (int part = 0; part < Parts; part++)
        {
            byte* head = Part(tile, part);
            head[lane] = SixBitScales.Scale(block + 4, part);
            head[BlockTiles.Lanes + lane] = SixBitScales.Minimum(block + 4, part);
            for (int i = 0; i < 32; i += 8)
            {
                uint weights = ReadFour(block, part, i) | (ReadFour(block, part, i + 4) << 4);
                Unsafe.WriteUnaligned(head + PartHead + (i / 8 * PairBytes) + (4 * lane), weights);
            }
        }
    }

    public static void Unpack(byte* tile, int part, int lane, float* target)
    {
        byte* head = Part(tile, part);
        Vector256<float> scale = Vector256.Create((float)((Half*)tile)[lane] * head[lane]);
        Vector256<float> minimum = Vector256.Create((float)((Half*)tile)[BlockTiles.Lanes + lane] * head[BlockTiles.Lanes + lane]);
        uint* w = (uint*)(head + PartHead) + lane;
        const int Next = BlockTiles.Lanes;
        Vector256<ulong> pairs = Vector256.Create(Spread(w[0]), Spread(w[Next]), Spread(w[2 * Next]), Spread(w[3 * Next]));
        (Vector256<ushort> low, Vector256<ushort> high) = Vector256.Widen(pairs.AsByte());
        Store(low, target);
        Store(high, target + 16);

        void Store(Vector256<ushort> weights, float* values)
        {
            (Vector256<uint> first, Vector256<uint> second) = Vector256.Widen(weights);
            Vector256.Store((scale * Vector256.ConvertToSingle(first.AsInt32())) - minimum, values);
            Vector256.Store((scale * Vector256.ConvertToSingle(second.AsInt32())) - minimum, values + 8);
        }

        static ulong Spread(uint four) => (four & 0x0f0f0f0f) | ((ulong)((four >> 4) & 0x0f0f0f0f) << 32);
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
        where V : struct => S.LowNibbles(S.Load((float*)(Part(tile, part) + PartHead + (pair * PairBytes)) + lane));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Second<S, V>(byte* tile, int part, int pair, int lane)
        where S : struct, ISimd<V>
        where V : struct => S.HighNibbles(S.Load((float*)(Part(tile, part) + PartHead + (pair * PairBytes)) + lane));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Part(byte* tile, int part) => tile + Head + (part * PartBytes);

    /// <summary>Four weights, a byte each.</summary>
    private static uint ReadFour(byte* block, int part, int index) =>
        Unsafe.ReadUnaligned<uint>(block + 16 + (part / 2 * 32) + index) >> (part % 2 * 4) & 0x0F0F0F0F;

    private static byte ReadWeight(byte* block, int part, int index) =>
        (byte)((block[16 + (part / 2 * 32) + index] >> (part % 2 * 4)) & 15);
}
