using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Razum.Tensors.Simd;
using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>
/// The same bytes as blocks, in the order in which products read them. A tile is one block of each of 32 neighbouring rows: d of every row, dmin of every row
/// where there are minima, then the parts of 32 values. A part has the scales of every row (and m), one byte each, where a block has several parts; then the codes
/// in groups of four neighbouring values, in which the 32 rows follow each other: a group is 128 bytes. Codes of four bits share them, two groups to 128 bytes,
/// the even one in the low halves. Of six bits the lower four do, and after them the upper two, four groups to 128 bytes, the first one lowest.
/// </summary>
internal static unsafe class Tile<F>
    where F : struct, ITiledBlock
{
    /// <summary>Values of a part.</summary>
    internal const int PartValues = 32;

    /// <summary>Bytes of four values of every row.</summary>
    internal const int GroupBytes = 4 * BlockTiles.Lanes;

    /// <summary>Groups of a part.</summary>
    internal const int Groups = PartValues / 4;

    private const ulong LowHalves = 0x0F0F0F0F_0F0F0F0F;
    private const ulong UpperPairs = 0x03030303_03030303;

    /// <summary>Parts of a tile.</summary>
    internal static int Parts => F.Values / PartValues;

    /// <summary>Bytes of d of every row.</summary>
    internal static int StepBytes => (F.HasFloatStep ? sizeof(float) : sizeof(ushort)) * BlockTiles.Lanes;

    /// <summary>Bytes before the first part.</summary>
    internal static int Head => StepBytes + (F.HasMinimum ? sizeof(ushort) * BlockTiles.Lanes : 0);

    /// <summary>Bytes of a part before its codes: <see cref="ITiledBlock.Runs"/> times the scales of every row, then m.</summary>
    internal static int PartHead => Parts == 1 ? 0 : BlockTiles.Lanes * (F.Runs + (F.HasMinimum ? 1 : 0));

    /// <summary>Bytes of a part.</summary>
    internal static int PartBytes => PartHead + (Groups * GroupBytes * F.CodeBits / 8);

    /// <summary>Bytes of a tile: a multiple of 64.</summary>
    internal static int Bytes => Head + (Parts * PartBytes);

    /// <summary>log2 of 128 / <see cref="ITiledBlock.Excess"/>: products know 128 times the sum of the activations.</summary>
    internal static int ExcessShift => F.HasMinimum ? 0 : 7 - BitOperations.Log2((uint)F.Excess);

    /// <summary>Bytes from a part's beginning to the lower four bits of a group.</summary>
    internal static int At(int group) => PartHead + ((F.CodeBits == 8 ? group : group / 2) * GroupBytes);

    /// <summary>Bytes from a part's beginning to the upper two of six bits of a group.</summary>
    internal static int UpperAt(int group) => PartHead + (((Groups / 2) + (group / 4)) * GroupBytes);

    /// <summary>Puts the blocks of a row into row <paramref name="lane"/> of as many tiles.</summary>
    internal static void Pack(byte* blocks, int count, int lane, byte* tiles)
    {
        for (int i = 0; i < count; i++)
        {
            Pack(blocks + ((nint)i * F.Bytes), lane, tiles + ((nint)i * Bytes));
        }
    }

    /// <summary>The 32 values of part <paramref name="part"/> of row <paramref name="lane"/>: those of <see cref="IBlock.Dequantize"/>.</summary>
    [SkipLocalsInit]
    internal static void Unpack(byte* tile, int part, int lane, float* target)
    {
        byte* start = Part(tile, part);
        uint* codes = stackalloc uint[Groups];
        for (int group = 0; group < Groups; group++)
        {
            uint four = U32(start + At(group) + (4 * lane));
            four = F.CodeBits == 8 ? four : (four >> (group % 2 * 4)) & unchecked((uint)LowHalves);
            codes[group] = F.CodeBits == 6 ? four | (((U32(start + UpperAt(group) + (4 * lane)) >> (group % 4 * 2)) & unchecked((uint)UpperPairs)) << 4) : four;
        }

        for (int half = 0; half < 2; half++)
        {
            Vector128<byte> bytes = Vector128.Load((byte*)codes + (16 * half));
            bytes = F.HasCodebook ? Vector128.Shuffle(F.Codebook, bytes) : bytes;
            Vector256<float> scale = Vector256.Create(Scale<Scalar, float>(tile, part, half * F.Runs / 2, lane));
            Vector256<float> less = Vector256.Create(F.HasMinimum ? Minimum<Scalar, float>(tile, part, lane) : F.Excess);
            (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(bytes);
            Vector256.Store(Value(low, scale, less), target + (16 * half));
            Vector256.Store(Value(high, scale, less), target + (16 * half) + 8);
        }

        static Vector256<float> Value(Vector128<ushort> eight, Vector256<float> scale, Vector256<float> less)
        {
            (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(eight);
            Vector256<float> bytes = Vector256.ConvertToSingle(Vector256.Create(low, high).AsInt32());
            return F.HasMinimum ? (scale * bytes) - less : scale * (bytes - less);
        }
    }

    private static void Pack(byte* block, int lane, byte* tile)
    {
        (uint d, ushort dmin) = F.Steps(block);
        if (F.HasFloatStep)
        {
            ((uint*)tile)[lane] = d;
        }
        else
        {
            ((ushort*)tile)[lane] = (ushort)d;
        }

        if (F.HasMinimum)
        {
            ((ushort*)(tile + StepBytes))[lane] = dmin;
        }

        for (int part = 0; part < Parts; part++)
        {
            byte* start = Part(tile, part);
            if (PartHead > 0)
            {
                (((sbyte*)start)[lane], sbyte second) = F.Scales(block, part);
                if (PartHead > BlockTiles.Lanes)
                {
                    ((sbyte*)start)[BlockTiles.Lanes + lane] = second;
                }
            }

            PackCodes(F.Codes(block, part).AsUInt64(), (uint*)start + lane);
        }
    }

    /// <summary>32 codes, two groups at a time, into a part.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackCodes(Vector256<ulong> codes, uint* target)
    {
        PackPair(codes[0], 0, target);
        PackPair(codes[1], 2, target);
        PackPair(codes[2], 4, target);
        PackPair(codes[3], 6, target);
        if (F.CodeBits == 6)
        {
            target[UpperAt(0) / sizeof(uint)] = UpperBits(codes[0]) | (UpperBits(codes[1]) << 4);
            target[UpperAt(4) / sizeof(uint)] = UpperBits(codes[2]) | (UpperBits(codes[3]) << 4);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackPair(ulong pair, int group, uint* target)
    {
        if (F.CodeBits == 8)
        {
            target[At(group) / sizeof(uint)] = (uint)pair;
            target[At(group + 1) / sizeof(uint)] = (uint)(pair >> 32);
            return;
        }

        pair &= LowHalves;
        target[At(group) / sizeof(uint)] = (uint)(pair | (pair >> 28)); // the second four codes above the first
    }

    /// <summary>The upper two bits of eight codes, those of the second four above those of the first.</summary>
    private static uint UpperBits(ulong pair)
    {
        pair = (pair >> 4) & UpperPairs;
        return (uint)(pair | (pair >> 30));
    }

    /// <summary>Scales of a part, or of a half of one (<see cref="ITiledBlock.Runs"/>), rows from <paramref name="lane"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Scale<S, V>(byte* tile, int part, int run, int lane)
        where S : struct, ISimd<V>
        where V : struct
    {
        V step = F.HasFloatStep ? S.Load((float*)tile + lane) : S.LoadHalf((ushort*)tile + lane);
        return PartHead == 0 ? step : S.Multiply(step, S.LoadBytes((sbyte*)Part(tile, part) + (run * BlockTiles.Lanes) + lane));
    }

    /// <summary>Minima of a part, rows from <paramref name="lane"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Minimum<S, V>(byte* tile, int part, int lane)
        where S : struct, ISimd<V>
        where V : struct
    {
        V step = S.LoadHalf((ushort*)(tile + StepBytes) + lane);
        return PartHead == 0 ? step : S.Multiply(step, S.LoadBytes((sbyte*)Part(tile, part) + BlockTiles.Lanes + lane));
    }

    /// <summary>The bytes of the even group of pair <paramref name="pair"/>, rows from <paramref name="lane"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V First<S, V>(byte* tile, int part, int pair, int lane)
        where S : struct, ISimd<V>
        where V : struct
    {
        V four = LoadFour<S, V>(tile, part, At(2 * pair), lane);
        return F.CodeBits == 8 ? four : Complete<S, V>(S.LowNibbles(four), tile, part, 2 * pair, lane);
    }

    /// <summary>The bytes of the odd group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Second<S, V>(byte* tile, int part, int pair, int lane)
        where S : struct, ISimd<V>
        where V : struct
    {
        V four = LoadFour<S, V>(tile, part, At((2 * pair) + 1), lane);
        return F.CodeBits == 8 ? four : Complete<S, V>(S.HighNibbles(four), tile, part, (2 * pair) + 1, lane);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Complete<S, V>(V lower, byte* tile, int part, int group, int lane)
        where S : struct, ISimd<V>
        where V : struct => F.HasCodebook ? S.Lookup(lower, F.Codebook)
        : F.CodeBits == 6 ? S.AddUpperBits(lower, LoadFour<S, V>(tile, part, UpperAt(group), lane), group % 4)
        : lower;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V LoadFour<S, V>(byte* tile, int part, int at, int lane)
        where S : struct, ISimd<V>
        where V : struct => S.Load((float*)(Part(tile, part) + at) + lane);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Part(byte* tile, int part) => tile + Head + (part * PartBytes);
}
