using Razum.Inference;

namespace Razum.Tests.Inference;

/// <summary>What a generation loop takes from the managed heap once it is warm.</summary>
internal static class SteadyLoop
{
    /// <summary>Asserts that steps after the first <paramref name="warmUp"/> allocate nothing.</summary>
    /// <param name="loop">With sequences that go on for longer than all these steps.</param>
    /// <param name="warmUp">Steps before anything is measured.</param>
    /// <param name="steps">Steps of each of three windows.</param>
    public static void AssertAllocatesNothing(GenerationLoop loop, int warmUp, int steps)
    {
        Run(warmUp);
        // A collection that other tests cause may count for this thread; what a step allocates shows in every window.
        Assert.Equal(0, Enumerable.Range(0, 3).Min(_ => Run(steps)));

        long Run(int count)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < count; i++)
            {
                loop.Step();
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }
}
