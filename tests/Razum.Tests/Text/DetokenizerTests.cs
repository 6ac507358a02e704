using Razum.Text;

namespace Razum.Tests.Text;

/// <summary>The streaming detokeniser over raw bytes: every cut of every kind of sequence, nothing allocated, buffers checked.</summary>
public sealed class DetokenizerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("razum-text").FullName;
    private readonly Tokenizer _tokenizer;

    public DetokenizerTests()
    {
        ByteTokenizer.Write(_folder);
        _tokenizer = Tokenizer.Load(_folder);
    }

    [Fact]
    public void RandomBytesAreWhatDecodeGives()
    {
        byte[] interesting = [0x41, 0x7F, 0x80, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xA0, 0xED, 0x9F, 0xEF, 0xF0, 0x90, 0xF4, 0x8F, 0xF5, 0xFF];
        var random = new Random(1);
        var stream = new Detokenizer(_tokenizer);
        for (int n = 0; n < 5000; n++)
        {
            int[] ids = [.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => ByteTokenizer.IdOf(interesting[random.Next(interesting.Length)]))];
            Assert.Equal(_tokenizer.Decode(ids), string.Concat(ids.Select(stream.Append)) + stream.Finish());
        }
    }

    [Fact]
    public void ReleasesAtTheEarliest()
    {
        var stream = new Detokenizer(_tokenizer);
        byte[] bytes = [0x41, 0xE2, 0x98, 0x83, 0xE2, 0x41, 0xF0, 0x9F, 0x98, 0x80, 0xED, 0xA0, 0xC3];
        string[] parts = ["A", "", "", "☃", "", "\uFFFDA", "", "", "", "😀", "", "\uFFFD\uFFFD", ""];
        Assert.Equal(parts, bytes.Select(b => stream.Append(ByteTokenizer.IdOf(b))));
        Assert.Equal("\uFFFD", stream.Finish());
        Assert.Equal("", stream.Finish());
    }

    [Fact]
    public void AllocatesNothing()
    {
        int[] ids = _tokenizer.Encode("<|bos|>plain ☃ 😀 中文 text</think><|end|>");
        var stream = new Detokenizer(_tokenizer, skipSpecial: true);
        char[] buffer = new char[stream.MaxChars];
        for (int round = 0; round < 2; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            int written = 0;
            for (int n = 0; n < 1000; n++)
            {
                foreach (int id in ids)
                {
                    written += stream.Append(id, buffer);
                }
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(written > 0 && (round == 0 || allocated == 0), $"{allocated} bytes");
        }
    }

    [Fact]
    public void ASmallBufferIsRefused()
    {
        var stream = new Detokenizer(_tokenizer);
        Assert.Throws<ArgumentException>(() => stream.Append(20, new char[stream.MaxChars - 1]));
        Assert.Equal("", stream.Append(-1));
        Assert.Equal("", stream.Append(int.MaxValue));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
