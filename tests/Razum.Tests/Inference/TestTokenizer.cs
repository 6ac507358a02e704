using System.Text;
using Razum.Text;

namespace Razum.Tests.Inference;

/// <summary>The byte tokenizer, written and read once.</summary>
internal static class TestTokenizer
{
    private static readonly Lazy<Tokenizer> s_instance = new(() =>
    {
        string folder = Directory.CreateTempSubdirectory("razum-tokenizer-").FullName;
        ByteTokenizer.Write(folder);
        Tokenizer tokenizer = Tokenizer.Load(folder);
        Directory.Delete(folder, recursive: true);
        return tokenizer;
    });

    public static Tokenizer Instance => s_instance.Value;

    public static int End => Instance.EosId!.Value;

    /// <summary>One token per byte.</summary>
    public static int[] Bytes(string text) => [.. Encoding.UTF8.GetBytes(text).Select(ByteTokenizer.IdOf)];
}
