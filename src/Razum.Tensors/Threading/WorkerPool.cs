using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Razum.Tensors.Threading;

/// <summary>Work over a range of independent items, cut into pieces that any thread may take.</summary>
internal interface IRangeJob
{
    /// <summary>Does items <paramref name="from"/> up to, not including, <paramref name="to"/>.</summary>
    void Run(int from, int to);
}

/// <summary>
/// Threads of our own that spin for a moment between jobs and then sleep. A job is a struct on the caller's stack: starting one allocates nothing.
/// Every thread begins with a stretch of the range of its own, from front to back, so that each reads memory in one stream; one that is done helps the others
/// with theirs. So a job must never let a result depend on how the range was cut, or on who did what when.
/// One job runs at a time; the caller takes part in it. Not re-entrant.
/// </summary>
public sealed unsafe class WorkerPool : IDisposable
{
    /// <summary>Spins of the shortest kind, some tens of nanoseconds each: a step of a small model has a hundred jobs of a few microseconds.</summary>
    private const int SpinsBeforeSleep = 16000;

    /// <summary>Multiply-adds that the calling thread has done before another one could begin to help.</summary>
    private const long SmallestWork = 1 << 17;

    private readonly Thread[] _threads;
    private readonly Sleeper[] _sleepers;
    private readonly Stretch[] _stretches;
    private void* _job;
    private delegate*<void*, int, int, void> _run;
    private int _count;
    private int _grain;
    private int _generation;
    private int _active;
    private bool _open;
    private bool _stop;
    private Exception? _failure;

    /// <param name="threads">Number of threads that work on a job, the calling one included; 1 means no other threads.</param>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = threads;
        _threads = new Thread[threads - 1];
        _sleepers = new Sleeper[threads - 1];
        _stretches = new Stretch[threads];
        for (int i = 0; i < _threads.Length; i++)
        {
            var sleeper = new Sleeper();
            _sleepers[i] = sleeper;
            int number = i + 1;
            _threads[i] = new Thread(() => Work(number, sleeper), 4 << 20) { IsBackground = true, Name = $"razum worker {number}" };
            _threads[i].Start();
        }
    }

    /// <summary>Number of threads that work on a job, the calling one included.</summary>
    public int Threads { get; }

    /// <summary>
    /// Runs <paramref name="job"/> over items 0 up to <paramref name="count"/> in pieces of <paramref name="grain"/> items, and returns when all are done.
    /// If <paramref name="work"/>, the multiply-adds of all items, is little, the calling thread does it alone.
    /// </summary>
    internal void For<TJob>(int count, int grain, TJob job, long work = long.MaxValue)
        where TJob : struct, IRangeJob
    {
        if (count <= 0)
        {
            return;
        }

        if (_threads.Length == 0 || count <= grain || work < SmallestWork)
        {
            job.Run(0, count);
            return;
        }

        _job = Unsafe.AsPointer(ref job);
        _run = &Invoke<TJob>;
        _count = count;
        _grain = grain;
        _failure = null;
        long pieces = ((long)count + grain - 1) / grain;
        for (int i = 0; i < _stretches.Length; i++)
        {
            _stretches[i].Next = (int)(pieces * i / _stretches.Length);
            _stretches[i].End = (int)(pieces * (i + 1) / _stretches.Length);
        }

        Volatile.Write(ref _open, true);
        Interlocked.Increment(ref _generation);
        WakeSleepers();
        TakePieces(0);

        // A thread that has not come by now is not waited for: it finds the job closed. (Exchange: a full fence before the count is read.)
        Interlocked.Exchange(ref _open, false);
        int spins = 0;
        while (Volatile.Read(ref _active) != 0)
        {
            if (++spins < SpinsBeforeSleep)
            {
                Thread.SpinWait(1);
            }
            else
            {
                Thread.Yield(); // more threads than cores: let the others finish
            }
        }

        if (_failure is { } failure)
        {
            throw new InvalidOperationException("A worker thread failed.", failure);
        }
    }

    /// <summary>Ends the threads. No job may be running.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _stop, true);
        Interlocked.Increment(ref _generation);
        WakeSleepers();
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        foreach (Sleeper sleeper in _sleepers)
        {
            sleeper.Dispose();
        }
    }

    private static void Invoke<TJob>(void* job, int from, int to)
        where TJob : struct, IRangeJob => Unsafe.AsRef<TJob>(job).Run(from, to);

    private void WakeSleepers()
    {
        foreach (Sleeper sleeper in _sleepers)
        {
            if (Volatile.Read(ref sleeper.Asleep) != 0)
            {
                sleeper.Wake.Release();
            }
        }
    }

    /// <summary>Works on the stretch of thread <paramref name="own"/>, then on those after it.</summary>
    private void TakePieces(int own)
    {
        try
        {
            for (int i = 0; i < _stretches.Length; i++)
            {
                ref Stretch stretch = ref _stretches[(own + i) % _stretches.Length];
                while (Volatile.Read(ref stretch.Next) < stretch.End)
                {
                    int piece = Interlocked.Increment(ref stretch.Next) - 1;
                    if (piece < stretch.End)
                    {
                        int from = piece * _grain;
                        _run(_job, from, (int)Math.Min((long)from + _grain, _count));
                    }
                }
            }
        }
        catch (Exception e)
        {
            _failure = e;
            foreach (ref Stretch stretch in _stretches.AsSpan())
            {
                Volatile.Write(ref stretch.Next, stretch.End);
            }
        }
    }

    private void Work(int number, Sleeper sleeper)
    {
        int seen = 0;
        while (true)
        {
            int spins = 0;
            while (Volatile.Read(ref _generation) == seen)
            {
                if (++spins < SpinsBeforeSleep)
                {
                    Thread.SpinWait(1);
                }
                else
                {
                    Interlocked.Exchange(ref sleeper.Asleep, 1);
                    if (Volatile.Read(ref _generation) == seen)
                    {
                        sleeper.Wake.Wait();
                    }

                    Volatile.Write(ref sleeper.Asleep, 0);
                    spins = 0;
                }
            }

            seen = Volatile.Read(ref _generation);
            if (Volatile.Read(ref _stop))
            {
                return;
            }

            Interlocked.Increment(ref _active);
            if (Volatile.Read(ref _open))
            {
                TakePieces(number);
            }

            Interlocked.Decrement(ref _active);
        }
    }

    /// <summary>Pieces of a job that one thread begins with: the next one, and the end. Alone in its cache lines.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Stretch
    {
        [FieldOffset(64)]
        public int Next;

        [FieldOffset(68)]
        public int End;
    }

    /// <summary>A thread's own bed. One semaphore for all would let a thread that was awake take the signal meant for a sleeping one.</summary>
    private sealed class Sleeper : IDisposable
    {
        public int Asleep;

        public SemaphoreSlim Wake { get; } = new(0);

        public void Dispose() => Wake.Dispose();
    }
}
