using Razum.Tensors.Threading;

namespace Razum.Tests.Tensors.Threading;

/// <summary>Every item once, whatever the cut; a stretch for each thread; a failed piece ends a job, not the pool.</summary>
public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void EveryItemIsDoneOnce(int threads)
    {
        using WorkerPool pool = new(threads);
        foreach (int count in (int[])[0, 1, 2, 5, 64, 1000])
        {
            foreach (int grain in (int[])[1, 3, 64, 2000])
            {
                int[] done = new int[count];
                for (int round = 1; round <= 20; round++)
                {
                    pool.For(count, grain, new CountJob(done));
                    Assert.All(done, times => Assert.Equal(round, times));
                }
            }
        }
    }

    [Fact]
    public void EveryThreadHasAStretchOfItsOwn()
    {
        using WorkerPool pool = new(3);
        for (int round = 0; round < 100; round++)
        {
            int[] byThread = new int[90];
            pool.For(90, 1, new RecordJob(byThread, Length: 30));
            Assert.All(byThread[..30], thread => Assert.Equal(Environment.CurrentManagedThreadId, thread));
        }
    }

    [Fact]
    public void AFailureIsToldAndLeavesThePoolAsItWas()
    {
        using WorkerPool pool = new(3);
        for (int round = 0; round < 50; round++)
        {
            var failure = Assert.Throws<InvalidOperationException>(() => pool.For(100, 1, new FailJob(at: 2 * round)));
            Assert.IsType<ArithmeticException>(failure.InnerException);
            int[] done = new int[100];
            pool.For(100, 1, new CountJob(done));
            Assert.All(done, times => Assert.Equal(1, times));
        }
    }

    private readonly struct CountJob(int[] done) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                Interlocked.Increment(ref done[i]);
            }
        }
    }

    /// <summary>Notes who did a piece; those after the caller's stretch wait until that is done, by whomever.</summary>
    private readonly record struct RecordJob(int[] ByThread, int Length) : IRangeJob
    {
        public void Run(int from, int to)
        {
            while (from >= Length && Array.IndexOf(ByThread, 0, 0, Length) >= 0)
            {
                Thread.Yield();
            }

            Volatile.Write(ref ByThread[from], Environment.CurrentManagedThreadId);
        }
    }

    private readonly struct FailJob(int at) : IRangeJob
    {
        public void Run(int from, int to)
        {
            if (from == at)
            {
                throw new ArithmeticException("a piece failed");
            }
        }
    }
}
