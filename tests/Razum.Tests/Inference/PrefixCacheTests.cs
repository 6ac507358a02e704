using Razum.Inference;
using Razum.Tensors;
using Razum.Tests.Tensors.Kernels;

namespace Razum.Tests.Inference;

/// <summary>Which beginnings are found, whose blocks they are, and that neither collisions of hashes nor eviction ever give wrong tokens.</summary>
public sealed class PrefixCacheTests
{
    [Fact]
    public void FullBlocksAreSharedAndTheLastOneIsCopied()
    {
        using BlockPool pool = new(new CacheShape(1, 1, 0), 20);
        PrefixCache prefixes = new(pool);
        int[] tokens = [.. Enumerable.Range(0, 80)];
        using KeyValueCache first = Compute(pool, prefixes, tokens);
        int[] other = [.. tokens[..70], 5, 5, 5];
        Assert.Equal(70, prefixes.Measure(other, out int held));
        Assert.Equal(2, held);
        using KeyValueCache second = new(pool, 100);
        Assert.Equal(70, prefixes.Attach(other, second));
        Assert.Equal((first.Table[0], first.Table[1]), (second.Table[0], second.Table[1]));
        Assert.NotEqual(first.Table[2], second.Table[2]);
        Assert.Equal((20 - 4, 2, 1), (pool.Free, pool.Holders(first.Table[0]), pool.Holders(first.Table[2])));

        // A prompt that is known to its end: its last token is run again, for the logits.
        using KeyValueCache third = new(pool, 100);
        Assert.Equal(63, prefixes.Attach(tokens.AsSpan(0, 64), third));
        Assert.Equal(0, prefixes.Measure([1, 2, 3], out _));
        Assert.Equal(0, prefixes.Measure([0], out _));
    }

    [Fact]
    public void Adapters_share_with_themselves_alone()
    {
        using BlockPool pool = new(new CacheShape(1, 1, 0), 40);
        PrefixCache prefixes = new(pool, hashMask: 1, adapters: 2);
        int[] tokens = [.. Enumerable.Range(0, 80)];
        KeyValueCache[] caches = [.. Enumerable.Range(-1, 3).Select(adapter => Compute(pool, prefixes, tokens, adapter))];
        Assert.Equal(9, caches.SelectMany(c => Enumerable.Range(0, 3).Select(i => c.Table[i])).Distinct().Count());
        for (int adapter = -1; adapter < 2; adapter++)
        {
            using KeyValueCache again = new(pool, 100);
            Assert.Equal(79, prefixes.Measure(tokens, out int held, adapter));
            Assert.Equal(2, held);
            Assert.Equal(79, prefixes.Attach(tokens, again, adapter));
            Assert.Equal((caches[adapter + 1].Table[0], caches[adapter + 1].Table[1]), (again.Table[0], again.Table[1]));
        }

        Array.ForEach(caches, c => c.Dispose());
    }

    [Fact]
    public void EqualBlocksBecomeOne()
    {
        using BlockPool pool = new(new CacheShape(1, 1, 0), 8);
        PrefixCache prefixes = new(pool);
        int[] tokens = [.. Enumerable.Range(0, 64)];
        using KeyValueCache first = Compute(pool, prefixes, tokens), second = Compute(pool, prefixes, tokens);
        Assert.Equal((first.Table[0], first.Table[1]), (second.Table[0], second.Table[1]));
        Assert.Equal(6, pool.Free);
    }

    [Fact]
    public void ReleasedBlocksAreFoundUntilTheyAreTaken()
    {
        using BlockPool pool = new(new CacheShape(1, 1, 0), 4);
        PrefixCache prefixes = new(pool);
        int[] tokens = [.. Enumerable.Range(0, 80)], strange = [.. Enumerable.Repeat(99, 64)];
        Compute(pool, prefixes, tokens).Dispose();
        Assert.Equal(4, pool.Free);
        Assert.Equal(79, prefixes.Measure(tokens, out int held));
        Assert.Equal(0, held);
        Compute(pool, prefixes, strange).Dispose(); // takes the block never used, then the end of the other sequence
        Assert.Equal(64, prefixes.Measure(tokens, out _));
        Assert.Equal(63, prefixes.Measure(strange, out _));
        prefixes.Forget();
        Assert.Equal(0, prefixes.Measure(tokens, out _));
    }

    /// <summary>With one bit of hash nearly everything collides; with few blocks nearly everything is evicted. What is found is always what was stored.</summary>
    [Theory]
    [InlineData(1UL)]
    [InlineData(ulong.MaxValue)]
    public void WhatIsFoundIsWhatWasStored(ulong mask)
    {
        using BlockPool pool = new(new CacheShape(1, 1, 0), 24);
        PrefixCache prefixes = new(pool, hashMask: mask);
        Random random = new(1);
        List<KeyValueCache> open = [];
        int reused = 0;
        for (int round = 0; round < 3000; round++)
        {
            if (open.Count > 0 && (open.Count == 6 || random.Next(2) == 0))
            {
                int leaving = random.Next(open.Count);
                open[leaving].Dispose();
                open.RemoveAt(leaving);
            }

            int[] tokens = [.. Enumerable.Range(0, 1 + random.Next(128)).Select(i => random.Next(i % 32 == 0 ? 3 : 40) > 0 ? i : i + 1)];
            if (BlockTable.BlocksFor(tokens.Length) <= pool.Free)
            {
                int known = prefixes.Measure(tokens, out _);
                open.Add(Compute(pool, prefixes, tokens));
                reused += known;
            }

            if (round % 1000 == 999)
            {
                prefixes.Forget();
            }
        }

        Assert.InRange(reused, 10_000, int.MaxValue);
        open.ForEach(c => c.Dispose());
        Assert.Equal(pool.Count, pool.Free);
    }

    /// <summary>Takes what is known, checks it, stores the rest; a few tokens at a time.</summary>
    private static unsafe KeyValueCache Compute(BlockPool pool, PrefixCache prefixes, int[] tokens, int adapter = 0)
    {
        using Arena arena = new();
        KeyValueCache cache = new(pool, tokens.Length);
        prefixes.Attach(tokens, cache, adapter);
        while (cache.Length < tokens.Length)
        {
            int from = cache.Length, count = Math.Min(17, tokens.Length - from);
            Tensor keys = arena.Allocate(count, 1);
            tokens.AsSpan(from, count).ToArray().Select(t => (float)t).ToArray().CopyTo(keys);
            cache.Append(0, keys, keys);
            cache.Advance(count);
            prefixes.Record(tokens, cache.Table, from, from + count, adapter);
        }

        for (int i = 0; i < tokens.Length; i++)
        {
            Assert.Equal(tokens[i], *cache.Run(0, tokens.Length).Keys(i));
        }

        return cache;
    }
}
