using System.Runtime.InteropServices;
using Razum.Tensors.Jit;
using Razum.Tensors.Kernels.BFloat16;

namespace Razum.Tests.Tensors.Kernels.BFloat16;

/// <summary>Machine code for BF16 against the portable twin, bit for bit: every size of tile, both layouts, masks, and values at the borders of F32.</summary>
public sealed unsafe class PairKernelsTests
{
    private const int Columns = 32;

    public static TheoryData<int, bool> Tiles
    {
        get
        {
            var data = new TheoryData<int, bool>();
            for (int rows = 1; rows <= PairTile.MaxRows; rows++)
            {
                data.Add(rows, false);
                data.Add(rows, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Tiles))]
    public void A_tile_equals_its_portable_twin(int rows, bool inPanels)
    {
        Require();
        var random = new Random(rows);
        foreach (int exponents in (int[])[1, 8, 120])
        {
            foreach ((int pairs, int most) in ((int, int)[])[(1, 1), (2, 1), (7, 2), (64, 1), (129, 1)])
            {
                int tiles = Math.Min(most, inPanels ? Columns / rows : most);
                ushort[] a = Values(random, inPanels ? pairs * 2 * Columns : rows * tiles * pairs * 2, exponents);
                ushort[] b = Values(random, pairs * 2 * Columns, exponents);
                float[] c = new float[rows * tiles * 40];
                for (int i = 0; i < c.Length; i++)
                {
                    c[i] = Accumulator(random, exponents);
                }

                foreach (uint mask in (uint[])[uint.MaxValue, 0x0FFFFFFE, 0x00001000, 0x80000001])
                {
                    foreach (bool load in (bool[])[false, true])
                    {
                        float[] expected = Run<PortablePairs>(rows, inPanels, a, b, c, pairs, tiles, mask, load);
                        float[] actual = Run<MachinePairs>(rows, inPanels, a, b, c, pairs, tiles, mask, load);
                        Assert.True(MemoryMarshal.AsBytes<float>(expected).SequenceEqual(MemoryMarshal.AsBytes<float>(actual)), $"{pairs} pairs, mask {mask:x}, load {load}");
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Four_panels_equal_their_portable_twin(int rows)
    {
        Require();
        var random = new Random(rows);
        foreach (int pairs in (int[])[1, 3, 128])
        {
            ushort[] a = Values(random, rows * pairs * 2, 8);
            ushort[] b = Values(random, 4 * pairs * 2 * Columns, 8);
            float[] c = [.. Enumerable.Range(0, rows * 130).Select(_ => Accumulator(random, 8))];
            foreach (bool load in (bool[])[false, true])
            {
                Assert.Equal(RunFour<PortablePairs>(rows, a, b, c, pairs, load), RunFour<MachinePairs>(rows, a, b, c, pairs, load));
            }
        }
    }

    [Fact]
    public void The_smallest_results_are_zeros_like_those_of_the_instruction()
    {
        Require();
        float smallest = BitConverter.UInt32BitsToSingle(0x00800000);
        (float Sum, float A, float B)[] cases =
        [
            (smallest, -MathF.ScaleB(1, -75), MathF.ScaleB(1, -75)), // 2^-126 - 2^-150: below the smallest normal number even with 24 bits
            (smallest, -MathF.ScaleB(1, -76), MathF.ScaleB(1, -75)), // a tie between that and 2^-126
            (smallest, -MathF.ScaleB(1, -77), MathF.ScaleB(1, -75)), // rounds to 2^-126
            (-smallest, MathF.ScaleB(1, -75), MathF.ScaleB(1, -75)),
            (-smallest, MathF.ScaleB(1, -77), MathF.ScaleB(1, -75)),
            (MathF.ScaleB(1, -130), MathF.ScaleB(1, -60), MathF.ScaleB(1, -60)), // a denormal sum counts as 0
            (smallest, -MathF.ScaleB(1, -63), MathF.ScaleB(1, -64)),
            (-0f, -MathF.ScaleB(1, -90), MathF.ScaleB(1, -90)),
        ];
        foreach ((float sum, float a, float b) in cases)
        {
            ushort[] left = [PortablePairs.Round(a), 0];
            ushort[] right = new ushort[2 * Columns];
            float[] c = new float[Columns];
            for (int j = 0; j < Columns; j++)
            {
                right[2 * j] = PortablePairs.Round(b);
                c[j] = sum;
            }

            float expected = Run<MachinePairs>(1, false, left, right, c, 1, 1, uint.MaxValue, true)[0];
            float portable = Run<PortablePairs>(1, false, left, right, c, 1, 1, uint.MaxValue, true)[0];
            Assert.Equal(BitConverter.SingleToUInt32Bits(expected), BitConverter.SingleToUInt32Bits(portable));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(33)]
    [InlineData(48)]
    [InlineData(49)]
    [InlineData(200)]
    public void Rounding_equals_its_portable_twin(int count)
    {
        Require();
        var random = new Random(count);
        int padded = (count + Columns - 1) / Columns * Columns;
        float[] source = new float[count];
        ushort[] expected = new ushort[padded];
        ushort[] actual = [.. Enumerable.Repeat((ushort)7, padded)];
        for (int round = 0; round < 50; round++)
        {
            for (int i = 0; i < count; i++)
            {
                source[i] = BitConverter.UInt32BitsToSingle((uint)random.NextInt64(1L << 32) & (round % 2 == 0 ? uint.MaxValue : 0x80FFFFFF));
            }

            fixed (float* s = source)
            {
                fixed (ushort* e = expected, a = actual)
                {
                    PortablePairs.Round(s, count, e);
                    MachinePairs.Round(s, count, a);
                }
            }

            Assert.Equal(expected, actual);
        }
    }

    [Theory]
    [InlineData(0x3F808000, 0x3F80)] // a tie goes to the even neighbour
    [InlineData(0x3F818000, 0x3F82)]
    [InlineData(0x3F808001, 0x3F81)]
    [InlineData(0x7F7FFFFF, 0x7F80)]
    [InlineData(0x007FFFFF, 0x0000)]
    [InlineData(0x807FFFFF, 0x8000)]
    [InlineData(0xFF800000, 0xFF80)]
    public void Rounds_to_nearest_even(uint bits, int expected) => Assert.Equal((ushort)expected, PortablePairs.Round(BitConverter.UInt32BitsToSingle(bits)));

    [Fact]
    public void Interleaving_equals_its_portable_twin()
    {
        Require();
        ushort[] rows = Values(new Random(3), 14 * 40, 8);
        byte[] expected = new byte[7 * 128];
        byte[] actual = new byte[7 * 128];
        fixed (ushort* r = rows)
        {
            fixed (byte* e = expected, a = actual)
            {
                PortablePairs.Interleave(r, r + 40, 160, 7, e);
                MachinePairs.Interleave(r, r + 40, 160, 7, a);
            }
        }

        Assert.Equal(expected, actual);
        Assert.Equal(rows[1], BitConverter.ToUInt16(actual, 4));
        Assert.Equal(rows[41], BitConverter.ToUInt16(actual, 6));
    }

    private static float[] Run<P>(int rows, bool inPanels, ushort[] a, ushort[] b, float[] c, int pairs, int tiles, uint mask, bool load)
        where P : struct, IPairKernels
    {
        float[] result = [.. c];
        fixed (ushort* left = a, right = b)
        {
            fixed (float* target = result)
            {
                PairTileArguments arguments = new()
                {
                    A = (byte*)left,
                    ARow = pairs * 4,
                    B = (byte*)right,
                    Pairs = pairs,
                    C = target,
                    CRow = 40 * sizeof(float),
                    Mask = mask,
                    Load = load ? 1u : 0,
                    Tiles = tiles,
                };
                P.Tile(rows, inPanels, &arguments);
            }
        }

        return result;
    }

    private static float[] RunFour<P>(int rows, ushort[] a, ushort[] b, float[] c, int pairs, bool load)
        where P : struct, IPairKernels
    {
        float[] result = [.. c];
        fixed (ushort* left = a, right = b)
        {
            fixed (float* target = result)
            {
                PairTileArguments arguments = new()
                {
                    A = (byte*)left,
                    ARow = pairs * 4,
                    B = (byte*)right,
                    Pairs = pairs,
                    C = target,
                    CRow = 130 * sizeof(float),
                    Load = load ? 1u : 0,
                    Tiles = pairs * 128,
                };
                P.FourPanels(rows, &arguments);
            }
        }

        return result;
    }

    /// <summary>BF16 values, none of them denormal, with exponents around 0.</summary>
    private static ushort[] Values(Random random, int count, int exponents) =>
        [.. Enumerable.Range(0, count).Select(_ => (ushort)((random.Next(2) << 15) | ((127 + random.Next(-exponents / 2, (exponents / 2) + 1)) << 7) | random.Next(128)))];

    /// <summary>A value of F32, now and then 0 or, for wide exponents, denormal.</summary>
    private static float Accumulator(Random random, int exponents)
    {
        int exponent = Math.Clamp(127 + random.Next(-exponents, exponents + 1), 0, 250);
        return random.Next(10) == 0 ? 0 : BitConverter.UInt32BitsToSingle(((uint)random.Next(2) << 31) | ((uint)exponent << 23) | (uint)random.Next(1 << 23));
    }

    private static void Require() => Assert.SkipUnless(PairTile.IsSupported, "no AVX512_BF16 here, or no machine code");
}
