using System.Security.Cryptography;
using System.Text;
using Razum.Training.Verifiers;

namespace Razum.Training.Data;

/// <summary>A problem to train on.</summary>
/// <param name="Problem">What is asked.</param>
/// <param name="Key">Under what its pass rate is kept: given problems each have their own, generated ones share that of their task and level.</param>
public sealed record DrawnProblem(Problem Problem, string Key)
{
    private const int Digits = 16; // 64 bits: no two of a data set meet

    /// <summary>The key of a given problem.</summary>
    /// <param name="name">Its data set.</param>
    /// <param name="prompt">What is asked.</param>
    public static string KeyOf(string name, string prompt) => KeyOf($"{name} {prompt}");

    /// <summary>The key that a name in a file of pass rates stands for: it may be one already, or name and prompt written out.</summary>
    public static string KeyOf(string name) =>
        IsKey(name) ? name : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..Digits];

    private static bool IsKey(string name) => (name.Length == Digits && name.All(char.IsAsciiHexDigitLower)) || LevelKey.Parse(name) is not null;
}
