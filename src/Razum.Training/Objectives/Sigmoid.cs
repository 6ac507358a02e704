namespace Razum.Training.Objectives;

/// <summary>1 / (1 + exp(-x)) and its logarithm, without overflow.</summary>
internal static class Sigmoid
{
    public static double Of(double x) => x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));

    public static double Log(double x) => Math.Min(x, 0) - Math.Log(1 + Math.Exp(-Math.Abs(x)));
}
