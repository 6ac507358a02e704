using System.Runtime.InteropServices;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Threading;

namespace Razum.Training.Speed;

/// <summary>
/// Weights for measuring: matrices in BF16, filled by all threads with a cheap generator (uniform, of the given deviation), gains of norms 1, biases 0.
/// Memory is freed when a matrix is not used any more. For training use <see cref="RandomParameters"/>.
/// </summary>
internal sealed unsafe class FilledParameters(WorkerPool pool, float std) : ParameterSource
{
    private const int PieceLength = 1 << 16;

    private uint _matrices;

    /// <summary>Bytes that a parameter of that shape takes here.</summary>
    public static long Bytes(Weight shape) => shape.Count * (shape.IsVector ? sizeof(float) : sizeof(ushort));

    public override Weight Get(string name, int rows, int columns)
    {
        long count = (long)rows * columns;
        var memory = new Memory(count * sizeof(ushort));
        var job = new FillJob((ushort*)memory.Start, count, (ulong)++_matrices << 32, std * MathF.Sqrt(3));
        pool.For((int)((count + PieceLength - 1) / PieceLength), 1, job);
        return Weight.Map(name, WeightFormat.BF16, memory.Start, rows, columns, isVector: false, memory);
    }

    public override Weight GetVector(string name, int length)
    {
        Weight weight = Weight.Create(name, 1, length, isVector: true);
        if (name.Contains("norm", StringComparison.Ordinal))
        {
            weight.AsSpan().Fill(1);
        }

        return weight;
    }

    public override bool Contains(string name) => true;

    /// <summary>The values of a matrix, alive as long as the weight over them.</summary>
    private sealed class Memory
    {
        private readonly long _bytes;

        public Memory(long bytes)
        {
            _bytes = bytes;
            Start = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 64);
            GC.AddMemoryPressure(bytes);
        }

        ~Memory()
        {
            NativeMemory.AlignedFree(Start);
            GC.RemoveMemoryPressure(_bytes);
        }

        public byte* Start { get; }
    }

    private readonly struct FillJob(ushort* data, long count, ulong seed, float limit) : IRangeJob
    {
        public void Run(int from, int to)
        {
            float scale = limit / (1 << 15);
            for (long piece = from; piece < to; piece++)
            {
                ushort* target = data + (piece * PieceLength);
                int length = (int)Math.Min(PieceLength, count - (piece * PieceLength));
                ulong state = (seed + (ulong)piece + 1) * 0x9e3779b97f4a7c15;
                for (int i = 0; i < length; i++)
                {
                    // xorshift64; 16 of its bits make a value, cut to BF16
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    target[i] = (ushort)(BitConverter.SingleToUInt32Bits((short)(state >> 40) * scale) >> 16);
                }
            }
        }
    }
}
