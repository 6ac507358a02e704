using System.Globalization;
using System.Text.RegularExpressions;

namespace Razum.Cli;

/// <summary>Tensors that differ in nothing but the numbers in their names: a layer's, an expert's.</summary>
/// <param name="Name">The name; a number that differs is written as its range, <c>model.layers.{0-5}.mlp...</c>.</param>
/// <param name="Type">Their type.</param>
/// <param name="Shape">Sizes with commas between.</param>
internal sealed partial record TensorFamily(string Name, string Type, string Shape, int Count)
{
    /// <summary>Groups tensors, in the order of the first of each group.</summary>
    public static IEnumerable<TensorFamily> Group(IEnumerable<ListedTensor> tensors) => tensors
        .GroupBy(t => (Pattern: Number().Replace(t.Name, "*"), t.Type, Shape: string.Join(',', t.Shape)))
        .Select(group => new TensorFamily(NameOf([.. group.Select(t => t.Name)]), group.Key.Type, group.Key.Shape, group.Count()));

    private static string NameOf(IReadOnlyList<string> names)
    {
        string[][] numbers = [.. names.Select(name => Number().Matches(name).Select(m => m.Value).ToArray())];
        int at = 0;
        return Number().Replace(names[0], match =>
        {
            int[] values = [.. numbers.Select(n => int.Parse(n[at], CultureInfo.InvariantCulture))];
            at++;
            return values.Min() == values.Max() ? match.Value : $"{{{values.Min()}-{values.Max()}}}";
        });
    }

    [GeneratedRegex(@"(?<=\.)\d{1,9}(?=\.)")]
    private static partial Regex Number();
}
