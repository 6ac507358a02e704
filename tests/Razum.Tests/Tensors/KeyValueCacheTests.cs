using Razum.Tensors;

namespace Razum.Tests.Tensors;

/// <summary>Rows of a cache: appended, kept while it grows, taken back, refused.</summary>
public sealed class KeyValueCacheTests
{
    [Fact]
    public unsafe void RowsSurviveGrowth()
    {
        using var arena = new Arena();
        using var cache = KeyValueCache.Alone(new CacheShape(2, 3, 2), 200);
        for (int row = 0; row < 200; row++)
        {
            for (int layer = 0; layer < 2; layer++)
            {
                cache.Append(layer, Row(arena, 3, row + (layer * 1000)), Row(arena, 2, -row - (layer * 1000)));
            }

            Assert.Equal(row, cache.Length);
            cache.Advance(1);
        }

        for (int layer = 0; layer < 2; layer++)
        {
            KeyRun run = cache.Run(layer, 200);
            for (int row = 0; row < 200; row++)
            {
                int value = row + (layer * 1000);
                Assert.Equal([value, value, value], new ReadOnlySpan<float>(run.Keys(row), 3).ToArray());
                Assert.Equal([-value, -value], new ReadOnlySpan<float>(run.Values(row), 2).ToArray());
            }
        }
    }

    [Fact]
    public unsafe void ValuesWithoutRoomAreTheFirstColumnsOfTheKeys()
    {
        using var arena = new Arena();
        using var cache = KeyValueCache.Alone(new CacheShape(1, 3, 0), 4);
        Tensor keys = Row(arena, 3, 7);
        cache.Append(0, keys, keys.Slice(0, 2));
        KeyRun run = cache.Run(0, 1);
        Assert.True(run.Keys(0) == run.Values(0));
        Assert.Throws<ArgumentException>(() => cache.Append(0, keys, Row(arena, 2, 7)));
    }

    [Fact]
    public unsafe void TruncatedRowsAreReplaced()
    {
        using var arena = new Arena();
        using var cache = KeyValueCache.Alone(new CacheShape(1, 1, 1), 9);
        foreach (int value in new[] { 1, 2, 3 })
        {
            cache.Append(0, Row(arena, 1, value), Row(arena, 1, value));
            cache.Advance(1);
        }

        cache.Truncate(1);
        Assert.Equal(1, cache.Length);
        cache.Append(0, Row(arena, 1, 9), Row(arena, 1, 9));
        cache.Advance(1);
        Assert.Equal(9, *cache.Run(0, 2).Keys(1));
        Assert.Equal(1, *cache.Run(0, 2).Values(0));
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        using var arena = new Arena();
        var cache = KeyValueCache.Alone(new CacheShape(1, 2, 2), 2);
        cache.Append(0, Row(arena, 2, 1), Row(arena, 2, 1));
        Assert.Throws<ArgumentException>(() => cache.Append(0, Row(arena, 3, 1), Row(arena, 2, 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Append(1, Row(arena, 2, 1), Row(arena, 2, 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Truncate(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Advance(3));
        cache.Advance(2);
        ArgumentException full = Assert.Throws<ArgumentException>(() => cache.Append(0, Row(arena, 2, 1), Row(arena, 2, 1)));
        Assert.Contains("3 tokens", full.Message);
        cache.Dispose();
        cache.Dispose();
        Assert.Throws<ObjectDisposedException>(() => cache.Append(0, Row(arena, 2, 1), Row(arena, 2, 1)));
    }

    /// <summary>Two sequences share the block of their first rows; the one that goes on gets a block of its own, the other keeps its rows.</summary>
    [Fact]
    public unsafe void ASharedBlockIsCopiedBeforeItIsWritten()
    {
        using var arena = new Arena();
        using var pool = new BlockPool(new CacheShape(2, 1, 1), 3);
        using var first = new KeyValueCache(pool, 40);
        using var second = new KeyValueCache(pool, 40);
        Store(first, 1, 2, 3);
        second.Table.Attach(first.Table[0]);
        second.Advance(2);
        Assert.Equal((2, 2), (pool.Holders(first.Table[0]), pool.Free));
        Store(second, 8);
        Store(first, 4);
        Assert.Equal((1, 1), (pool.Holders(first.Table[0]), pool.Free));
        Assert.Equal([1, 2, 3, 4], Read(first));
        Assert.Equal([1, 2, 8], Read(second));

        void Store(KeyValueCache cache, params int[] values)
        {
            foreach (int value in values)
            {
                cache.Append(0, Row(arena, 1, value), Row(arena, 1, -value));
                cache.Append(1, Row(arena, 1, value + 100), Row(arena, 1, -value - 100));
                cache.Advance(1);
            }
        }

        float[] Read(KeyValueCache cache)
        {
            float[] values = new float[cache.Length];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = *cache.Run(0, cache.Length).Keys(i);
                Assert.Equal((values[i] + 100, -values[i] - 100), (*cache.Run(1, cache.Length).Keys(i), *cache.Run(1, cache.Length).Values(i)));
            }

            return values;
        }
    }

    [Fact]
    public void BlocksOfAPoolAreTakenTheLongestUnusedFirst()
    {
        using var pool = new BlockPool(new CacheShape(1, 1, 0), 4);
        List<int> reused = [];
        pool.Reused = reused.Add;
        int[] blocks = [.. Enumerable.Range(0, 4).Select(_ => pool.TryTake(out int block) ? block : -1)];
        Assert.False(pool.TryTake(out _));
        Assert.Equal(blocks, reused);
        pool.Hold(blocks[2]);
        Array.ForEach([3, 2, 0, 1], i => pool.Release(blocks[i], isWorthless: i == 1));
        Assert.Equal((3, 1), (pool.Free, pool.Holders(blocks[2])));
        pool.Hold(blocks[3]); // brought back
        pool.Release(blocks[3]);
        int[] again = [.. Enumerable.Range(0, 3).Select(_ => pool.TryTake(out int block) ? block : -1)];
        Assert.Equal([blocks[1], blocks[0], blocks[3]], again);
        Assert.Throws<ArgumentOutOfRangeException>(() =>
        {
            pool.Release(blocks[2]);
            pool.Release(blocks[2]);
        });
    }

    private static Tensor Row(Arena arena, int columns, float value)
    {
        Tensor row = arena.Allocate(1, columns);
        row[0].Fill(value);
        return row;
    }
}
