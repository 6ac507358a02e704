using Razum.Tensors;

namespace Razum.Models;

/// <summary>
/// New F32 weights. Matrices are normal with the given deviation, gains of norms are 1, biases 0. The values of a weight depend on seed and name alone,
/// so that they do not change when a model grows a layer or asks in another order.
/// </summary>
/// <param name="seed">Fixes everything.</param>
/// <param name="std">Standard deviation of matrices (<c>initializer_range</c>).</param>
/// <param name="residualLayers">
/// Number of layers L: outputs into the residual stream (<c>o_proj</c>, <c>down_proj</c>) are scaled by 1 / sqrt(2L), so that the stream does not grow with
/// depth. 0 leaves them as they are.
/// </param>
public sealed class RandomParameters(long seed, float std, int residualLayers = 0) : ParameterSource
{
    private const double Unit = 1.0 / (1L << 53);

    public override Weight Get(string name, int rows, int columns)
    {
        Weight weight = Weight.Create(name, rows, columns);
        double deviation = residualLayers > 0 && IsResidualOutput(name) ? std / Math.Sqrt(2.0 * residualLayers) : std;
        ulong key = Mix((ulong)seed) ^ Hash(name);
        Span<float> values = weight.AsSpan();
        for (int i = 0; i < values.Length; i += 2)
        {
            // Box-Muller from two uniform numbers; the first is never 0.
            double u = (Number(key, i) + 1) * Unit;
            (double sin, double cos) = Math.SinCos(2 * Math.PI * Number(key, i + 1) * Unit);
            double radius = deviation * Math.Sqrt(-2 * Math.Log(u));
            values[i] = (float)(radius * cos);
            if (i + 1 < values.Length)
            {
                values[i + 1] = (float)(radius * sin);
            }
        }

        return weight;
    }

    public override Weight GetVector(string name, int length)
    {
        Weight weight = Weight.Create(name, 1, length, isVector: true);
        if (name.Contains("norm", StringComparison.Ordinal) && name.EndsWith(".weight", StringComparison.Ordinal))
        {
            weight.AsSpan().Fill(1);
        }

        return weight;
    }

    public override bool Contains(string name) => true;

    private static bool IsResidualOutput(string name) =>
        name.EndsWith(".o_proj.weight", StringComparison.Ordinal) || name.EndsWith(".down_proj.weight", StringComparison.Ordinal);

    // FNV-1a over the characters; its weak low bits are mixed by what follows.
    private static ulong Hash(string name)
    {
        ulong hash = 0xcbf29ce484222325;
        foreach (char c in name)
        {
            hash = (hash ^ c) * 0x100000001b3;
        }

        return Mix(hash);
    }

    // Number i of the stream of a key, 53 bits: splitmix64 as a function of its counter.
    private static double Number(ulong key, int i) => Mix(key + (0x9e3779b97f4a7c15 * ((ulong)i + 1))) >> 11;

    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }
}
