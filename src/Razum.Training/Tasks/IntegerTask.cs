using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Razum.Training.Tasks;

/// <summary>A task whose answer is one integer. The grammar gives each integer exactly one spelling, so that comparing text is exact.</summary>
internal abstract partial class IntegerTask : SolvedTask
{
    protected sealed override bool IsWellFormed(string answer, JsonObject truth) => Integer().IsMatch(answer);

    [GeneratedRegex(@"^(?:0|-?[1-9][0-9]{0,60})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Integer();
}
