using Razum.Tensors;

namespace Razum.Tests.Tensors;

/// <summary>Rows of a cache: appended, kept while it grows, taken back, refused.</summary>
public sealed class KeyValueCacheTests
{
    [Fact]
    public unsafe void RowsSurviveGrowth()
    {
        using var arena = new Arena();
        using var cache = new KeyValueCache(2, 3, 2);
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
        using var cache = new KeyValueCache(1, 3, 0, capacity: 4);
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
        using var cache = new KeyValueCache(1, 1, 1);
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
        var cache = new KeyValueCache(1, 2, 2, limit: 2);
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

    private static Tensor Row(Arena arena, int columns, float value)
    {
        Tensor row = arena.Allocate(1, columns);
        row[0].Fill(value);
        return row;
    }
}
