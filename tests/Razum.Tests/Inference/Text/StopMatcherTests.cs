using System.Text;
using Razum.Inference.Text;

namespace Razum.Tests.Inference.Text;

/// <summary>Stop strings in text that comes in any pieces, against a search over the whole text.</summary>
public sealed class StopMatcherTests
{
    [Fact]
    public void PiecesGiveWhatTheWholeTextGives()
    {
        Random random = new(3);
        string Letters(int most) => string.Concat(Enumerable.Range(0, 1 + random.Next(most)).Select(_ => "ab"[random.Next(2)]));
        for (int round = 0; round < 2000; round++)
        {
            string text = Letters(30);
            string[] stops = [.. Enumerable.Range(0, random.Next(4)).Select(_ => Letters(5))];
            StopMatcher matcher = new(stops);
            StringBuilder shown = new();
            for (int at = 0; at < text.Length;)
            {
                int length = Math.Min(text.Length - at, random.Next(4));
                shown.Append(matcher.Push(text.AsSpan(at, length)));
                at += length;
                if (!matcher.Stopped)
                {
                    string seen = text[..at];
                    int held = stops.SelectMany(s => Enumerable.Range(0, s.Length).Where(n => seen.EndsWith(s[..n], StringComparison.Ordinal))).DefaultIfEmpty().Max();
                    Assert.Equal(seen[..^held], shown.ToString());
                }
            }

            shown.Append(matcher.Finish());
            (string expected, bool stopped) = Cut(text, stops);
            Assert.Equal(expected, shown.ToString());
            Assert.Equal(stopped, matcher.Stopped);
        }
    }

    private static (string Text, bool Stopped) Cut(string text, string[] stops)
    {
        for (int end = 1; end <= text.Length; end++)
        {
            int longest = stops.Where(s => text.AsSpan(0, end).EndsWith(s)).Select(s => s.Length).DefaultIfEmpty().Max();
            if (longest > 0)
            {
                return (text[..(end - longest)], true);
            }
        }

        return (text, false);
    }
}
