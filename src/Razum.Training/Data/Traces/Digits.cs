using System.Text.RegularExpressions;

namespace Razum.Training.Data.Traces;

/// <summary>Numbers written from their last digit on: carries and borrows begin there, so every digit follows from what is written already.</summary>
internal static partial class Digits
{
    /// <summary>512 becomes 215.</summary>
    public static string FromTheLast(int value) => FromTheLast($"{value}");

    /// <summary>Every number of a text, which has no signs before numbers that belong to them: <c>12*5=60</c> becomes <c>21*5=06</c>.</summary>
    public static string FromTheLast(string text) => Number().Replace(text, match => string.Concat(match.Value.Reverse()));

    [GeneratedRegex("[0-9]{2,}", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
