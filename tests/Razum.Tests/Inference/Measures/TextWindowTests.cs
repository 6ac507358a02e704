using Razum.Inference.Measures;

namespace Razum.Tests.Inference.Measures;

/// <summary>Which tokens are scored after which others, against the published loops.</summary>
public sealed class TextWindowTests
{
    [Theory]
    [InlineData(40, 8)]
    [InlineData(39, 8)]
    [InlineData(35, 7)]
    [InlineData(7, 8)]
    public void Chunks_are_scored_behind_their_middle(int count, int length)
    {
        List<(int Target, int First)> expected = [];
        for (int start = 0; start + length <= count; start += length)
        {
            for (int j = length / 2; j < length - 1; j++) // row j predicts token j + 1
            {
                expected.Add((start + j + 1, start));
            }
        }

        Assert.Equal(expected, Scored(TextWindow.Chunks(Enumerable.Range(0, count), length, null)));
        Assert.All(TextWindow.Chunks(Enumerable.Range(0, count), length, -1), w => Assert.Equal(-1, w.Tokens.Span[0]));
    }

    [Fact]
    public void Windows_score_every_token_once()
    {
        for (int count = 2; count < 30; count++)
        {
            for (int length = 4; length < 12; length++)
            {
                for (int stride = 1; stride < length; stride++)
                {
                    List<(int Target, int First)> expected = [];
                    int end = 0;
                    for (int begin = 0; end < count; begin += stride)
                    {
                        int before = end;
                        end = Math.Min(begin + length, count);
                        expected.AddRange(Enumerable.Range(before, end - before).Where(t => t > begin).Select(t => (t, begin)));
                    }

                    Assert.Equal(expected, Scored(TextWindow.Sliding(Enumerable.Range(0, count), length, stride)));
                    Assert.Equal(Enumerable.Range(1, count - 1), expected.Select(e => e.Target));
                }
            }
        }
    }

    private static List<(int Target, int First)> Scored(IEnumerable<TextWindow> windows) =>
        [.. windows.SelectMany(w => w.Tokens[w.From..].ToArray().Select(t => (t, w.Tokens.Span[0])).ToArray())];
}
