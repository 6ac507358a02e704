using Razum.Models;
using Razum.Tensors;

namespace Razum.Tests.Inference.Speculation;

/// <summary>The layer of multi-token prediction over its rows in the cache: what it gives over a whole sequence at once, and the same bits however it is cut.</summary>
public sealed class MtpCacheTests
{
    private static readonly int[] s_tokens = [.. Enumerable.Range(0, 76).Select(i => ((i * 7) + (i * i)) % TinyModel.VocabSize)];

    [Theory]
    [InlineData(LatentAttentionForm.Absorbed)]
    [InlineData(LatentAttentionForm.Expanded)]
    public void RowsInTheCacheGiveWhatTheWholeGives(LatentAttentionForm form) => CutAnyhow(TinyModel.Create(form));

    [Fact]
    public void SoDoRowsThatAttendToFewKeys() => CutAnyhow(TinyModel.CreateSparse());

    private static void CutAnyhow(Decoder decoder)
    {
        float[] whole = Whole(decoder), once = Cached(decoder, [75]);
        Assert.All(whole.Zip(once), pair => Assert.Equal(pair.First, pair.Second, 2e-5f * (1 + MathF.Abs(pair.First))));
        Assert.Equal(once, Cached(decoder, [1, 30, 1, 1, 33, 9]));
        Assert.Equal(once, Cached(decoder, [.. Enumerable.Repeat(1, 75)]));
    }

    private static float[] Whole(Decoder decoder)
    {
        using CpuOps ops = new(1);
        Batch batch = new(), next = new();
        batch.Add(s_tokens.AsSpan(0, 75));
        next.Add(s_tokens.AsSpan(1));
        return decoder.Mtp!.Forward(ops, decoder.Forward(ops, batch), next).ToArray();
    }

    private static float[] Cached(Decoder decoder, int[] pieces)
    {
        using CpuOps ops = new(2);
        using KeyValueCache cache = decoder.CreateCache(128);
        KeyValueCache ahead = cache.CreateAhead();
        Batch batch = new(), next = new();
        List<float> rows = [];
        int at = 0;
        foreach (int count in pieces)
        {
            batch.Clear();
            batch.Add(s_tokens.AsSpan(at, count), cache);
            Tensor hidden = decoder.Forward(ops, batch);
            batch.Commit();
            next.Clear();
            next.Add(s_tokens.AsSpan(at + 1, count), ahead);
            rows.AddRange(decoder.Mtp!.Forward(ops, hidden, next).ToArray());
            next.Commit();
            at += count;
        }

        Assert.Equal(75, at);
        Assert.Equal(76, ahead.Length);
        return [.. rows];
    }
}
