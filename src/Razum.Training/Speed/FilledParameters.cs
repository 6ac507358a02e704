using System.Runtime.InteropServices;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Threading;

namespace Razum.Training.Speed;

/// <summary>
/// Weights for measuring: matrices in BF16, filled by all threads with a cheap generator (uniform, of the given deviation), gains of norms 1, biases 0.
/// Memory belongs to this object. For training use <see cref="RandomParameters"/>.
/// </summary>
internal sealed unsafe class FilledParameters(WorkerPool pool, float std) : ParameterSource, IDisposable
{
    private const int PieceLength = 1 << 16;

    private readonly List<nint> _memory = [];
    private readonly List<Weight> _vectors = [];

    ~FilledParameters() => Free();

    /// <summary>The format that matrices have.</summary>
    public static WeightFormat Format => WeightFormat.BF16;

    public override Weight Get(string name, int rows, int columns)
    {
        long count = (long)rows * columns;
        byte* data = (byte*)NativeMemory.AlignedAlloc((nuint)(count * sizeof(ushort)), 64);
        _memory.Add((nint)data);
        pool.For((int)((count + PieceLength - 1) / PieceLength), 1, new FillJob((ushort*)data, count, (ulong)_memory.Count << 32, std * MathF.Sqrt(3)));
        return Weight.Map(name, Format, data, rows, columns, isVector: false, this);
    }

    public override Weight GetVector(string name, int length)
    {
        Weight weight = Weight.Create(name, 1, length, isVector: true);
        if (name.Contains("norm", StringComparison.Ordinal))
        {
            weight.AsSpan().Fill(1);
        }

        _vectors.Add(weight);
        return weight;
    }

    public override bool Contains(string name) => true;

    public void Dispose()
    {
        foreach (Weight vector in _vectors)
        {
            vector.Dispose();
        }

        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        foreach (nint block in _memory)
        {
            NativeMemory.AlignedFree((void*)block);
        }

        _memory.Clear();
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
