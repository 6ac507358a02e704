using System.Text;
using Razum.Text.Normalization;

namespace Razum.Tests.Text;

/// <summary>NFC over the shapes it has: composition, reordering, exclusions, Hangul, blocked marks; idempotent, and its quick check never lies.</summary>
public sealed class NormalizerTests
{
    private readonly Normalizer _nfc = new([new NormalizerStep(NormalizerKind.Nfc)]);

    [Theory]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("d\u0307\u0323", "\u1E0D\u0307")]
    [InlineData("\u1E0B\u0323", "\u1E0D\u0307")]
    [InlineData("a\u0328\u0301", "\u0105\u0301")]
    [InlineData("a\u0301\u0328", "\u0105\u0301")]
    [InlineData("a\u0315\u0301", "\u00E1\u0315")]
    [InlineData("a\u0308\u0308", "\u00E4\u0308")]
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\u212B\u2126\u212A", "\u00C5\u03A9K")]
    [InlineData("\uF900", "\u8C48")]
    [InlineData("\u1112\u1161\u11AB", "\uD55C")]
    [InlineData("\uD558\u11AB", "\uD55C")]
    [InlineData("\u1112\u1161x\u11AB", "\uD558x\u11AB")]
    [InlineData("\U00011099\U000110BA", "\U0001109A")]
    [InlineData("\u0301e", "\u0301e")]
    [InlineData("\u09C7\u09BE", "\u09CB")]
    public void Composed(string text, string expected)
    {
        Assert.Equal(expected, _nfc.Normalize(text));
        Assert.Equal(expected, _nfc.Normalize(expected));
    }

    [Fact]
    public void QuickCheckAgreesWithTheWork()
    {
        Rune[] pool = [.. "aeAq\u0301\u0300\u0323\u0327\u0308\u0345\u0338\u093C\u0915\u0958\u1100\u1161\u11A8\uAC00\uAC01\u00E9\u1E69\u212B\u05D0\u05B7\u05BC\u0F71\u0F72\U0001D15F\U0001D165 \u0344"
            .EnumerateRunes()];
        var random = new Random(2);
        for (int n = 0; n < 20_000; n++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 7)).Select(_ => pool[random.Next(pool.Length)].ToString()));
            string normal = new(_nfc.Normalize(text.AsSpan()).Chars);
            Assert.True(!_nfc.IsNormal(text) || normal == text, text);
            Assert.Equal(normal, new string(_nfc.Normalize(normal.AsSpan()).Chars));
        }
    }

    [Fact]
    public void Lowercase()
    {
        var lower = new Normalizer([new NormalizerStep(NormalizerKind.Lowercase)]);
        Assert.Equal("aé я ω i\u0307 ß \u01C6 \U00010428 k", lower.Normalize("AÉ Я Ω \u0130 ß \u01C5 \U00010400 \u212A"));
    }
}
