using System.Reflection;
using Razum.Tensors;
using Razum.Tensors.SelfTest;
using Razum.Tensors.Simd;

namespace Razum.Tests.Tensors;

/// <summary>
/// Every operation, on every instruction set of this processor, with weights in every format: forward against its scalar reference, backward against
/// central differences. The cases are those of the self-test that <c>razum doctor</c> runs; here it is seen that none is missing and that a fault is found.
/// </summary>
public sealed class OpsTests
{
    public static TheoryData<int, InstructionSet, WeightFormat, Arithmetic> Cases
    {
        get
        {
            var data = new TheoryData<int, InstructionSet, WeightFormat, Arithmetic>();
            OpCase[] all = [.. OpCases.All];
            foreach ((OpCase test, InstructionSet set, WeightFormat format, Arithmetic arithmetic) in KernelSelfTest.All())
            {
                data.Add(new TheoryDataRow<int, InstructionSet, WeightFormat, Arithmetic>(Array.IndexOf(all, test), set, format, arithmetic)
                {
                    TestDisplayName = $"{test.Name} on {set} with {format}, products in {arithmetic}",
                });
            }

            return data;
        }
    }

    private static IEnumerable<Type> Kernels =>
        typeof(Ops).Assembly.GetTypes().Where(t => t.Namespace == "Razum.Tensors.Kernels" && t is { IsAbstract: true, IsSealed: true } && Has(t, "Forward"));

    [Fact]
    public void Every_operation_has_a_case()
    {
        string[] computesNothing = ["Observe", "Begin", "End"];
        IEnumerable<string> operations = typeof(Ops).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Select(m => m.Name);
        Assert.Equal(operations.Except(computesNothing).Distinct().Order(), OpCases.All.Select(c => c.Op).Distinct().Order());
    }

    [Fact]
    public void Every_kernel_has_a_case() => Assert.Equal(Kernels.Select(t => t.Name).Order(), OpCases.All.Select(c => c.Kernel).Distinct().Order());

    [Fact]
    public void Every_set_and_format_is_checked()
    {
        (OpCase Case, InstructionSet Set, WeightFormat Format, Arithmetic Arithmetic)[] checks = [.. KernelSelfTest.All()];
        Assert.Equal(InstructionSets.Supported, checks.Select(c => c.Set).Distinct());
        foreach (string kernel in (string[])["Linear", "HeadLinear", "Experts", "Embedding", "LogProbabilities"])
        {
            Assert.Equal(Enum.GetValues<WeightFormat>(), checks.Where(c => c.Case.Kernel == kernel).Select(c => c.Format).Distinct().Order());
            Assert.Equal(kernel != "Embedding", checks.Any(c => c.Case.Kernel == kernel && c.Arithmetic == Arithmetic.BF16));
            Assert.Equal(kernel != "Embedding", checks.Any(c => c.Case.Kernel == kernel && (c.Arithmetic, c.Format) == (Arithmetic.FP8, WeightFormat.F8_E4M3)));
        }
    }

    [Fact]
    public void Every_kernel_has_forward_backward_and_reference()
    {
        // A class of Kernels with a Forward is an operation; the others are parts of one.
        Assert.NotEmpty(Kernels);
        Assert.All(Kernels, t => Assert.True(Has(t, "Reference") && Has(t, "Backward"), $"{t.Name} lacks Reference or Backward"));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Equals_its_reference_and_its_numerical_gradient(int index, InstructionSet set, WeightFormat format, Arithmetic arithmetic)
    {
        SelfTestResult result = OpCheck.Run(OpCases.All[index], set, format, arithmetic);
        Assert.True(result.Passed, result.ToString());
    }

    [Fact]
    public unsafe void A_wrong_value_or_gradient_fails()
    {
        OpCase right = OpCases.All.First(c => c.Op == "SwiGlu");
        OpCase wrongValue = right with
        {
            Reference = (arena, x, w) =>
            {
                Tensor y = right.Reference(arena, x, w);
                y.Data[7] += 1e-3f;
                return y;
            },
        };

        OpCase wrongGradient = right with { Run = (ops, x, _) => ops.SwiGlu(x[0].WithNode(0), x[1]) }; // nothing flows back to x[0]
        Assert.True(OpCheck.Run(right, InstructionSet.Scalar, WeightFormat.F32).Passed);
        Assert.True(OpCheck.Run(wrongValue, InstructionSet.Scalar, WeightFormat.F32) is { Passed: false, Error: > 1e-4 });
        Assert.True(OpCheck.Run(wrongGradient, InstructionSet.Scalar, WeightFormat.F32) is { Passed: false, GradientError: > 1e-4 });
    }

    private static bool Has(Type type, string prefix) =>
        type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic).Any(m => m.Name.StartsWith(prefix, StringComparison.Ordinal));
}
