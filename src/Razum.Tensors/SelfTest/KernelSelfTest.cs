using Razum.Tensors.Simd;

namespace Razum.Tensors.SelfTest;

/// <summary>
/// Every kernel, on every instruction set of this processor and with weights in every format, against its scalar reference. The cases are those of the
/// tests, which assert that no kernel is without one; here the gradient of some values of each tensor stands for all of them.
/// </summary>
public static class KernelSelfTest
{
    private const int MostVaried = 32;

    /// <summary>Runs all checks. A check that throws has failed, with the exception's message.</summary>
    /// <param name="progress">Called after each check with how many are done, and of how many.</param>
    public static IReadOnlyList<SelfTestResult> Run(Action<int, int>? progress = null)
    {
        (OpCase Case, InstructionSet Set, WeightFormat Format, Arithmetic Arithmetic)[] checks = [.. All()];
        List<SelfTestResult> results = [];
        foreach ((OpCase test, InstructionSet set, WeightFormat format, Arithmetic arithmetic) in checks)
        {
            results.Add(Run(test, set, format, arithmetic));
            progress?.Invoke(results.Count, checks.Length);
        }

        return results;
    }

    /// <summary>Cases of operations, times instruction sets, times formats that suit them (those that share the kernels of another only with the widest set); with F32 weights, products also in BF16, with E4M3 ones also in FP8.</summary>
    internal static IEnumerable<(OpCase Case, InstructionSet Set, WeightFormat Format, Arithmetic Arithmetic)> All() =>
        from test in OpCases.All
        from set in InstructionSets.Supported
        from format in FormatWeights.All
        where FormatWeights.Suits(test, format) && (FormatWeights.HasOwnLayout(format) || set == InstructionSets.Supported[^1])
        from arithmetic in Enum.GetValues<Arithmetic>()
        where arithmetic == Arithmetic.F32 || (format == (arithmetic == Arithmetic.BF16 ? WeightFormat.F32 : WeightFormat.F8_E4M3) && FormatWeights.HasProducts(test))
        select (test, set, format, arithmetic);

    private static SelfTestResult Run(OpCase test, InstructionSet set, WeightFormat format, Arithmetic arithmetic)
    {
        try
        {
            return OpCheck.Run(test, set, format, arithmetic, MostVaried);
        }
        catch (Exception failure)
        {
            return new SelfTestResult(test.Kernel, test.Name, set, format, arithmetic) { Failure = failure.Message.ReplaceLineEndings(" ") };
        }
    }
}
