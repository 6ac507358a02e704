using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>
/// Products by digits, then their sum, all numbers from their last digit on: <c>743*62=003*62+04*62+7*62=0087+0401+281=0488+281=2209</c> (347 * 26 = 9022).
/// </summary>
internal static class MultiplicationTrace
{
    public static string Write(JsonObject truth) => Digits.FromTheLast(Worked.Out($"{truth.Integer("a")}*{truth.Integer("b")}"));
}
