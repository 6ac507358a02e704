using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Tests.Training.Data;

/// <summary>What a reader of the thinking alone would answer to fractions, bases, parity, logic, dates, countdown and sudoku.</summary>
internal static class Conclusions
{
    public static string Of(string family, string reasoning, TaskProblem problem)
    {
        string last = reasoning[(reasoning.LastIndexOf(';') + 1)..];
        return family switch
        {
            "fraction" => last[(last.LastIndexOfAny(['=', ':']) + 1)..],
            "base_conversion" => last,
            "parity" => last[^1] == 'o' ? "odd" : "even",
            "propositional" => Kind(last[(last.LastIndexOf(':') + 1)..], problem.Truth),
            "knights" => string.Join(',', problem.Truth.Texts("names").Select((n, i) => $"{n}={(last[i] == 'K' ? "knight" : "knave")}")),
            "date_time" => Time(reasoning, last, problem.Truth.Text("kind")),
            "sudoku4" => Grid(reasoning, problem.Truth.Text("grid")),
            "countdown3" or "countdown4" => last.EndsWith($"={problem.Truth.Integer("target")}!", StringComparison.Ordinal) ? problem.Answer : last,
            _ => throw new ArgumentException(family),
        };
    }

    private static string Kind(string bits, JsonObject truth) => truth.ContainsKey("assignment")
        ? bits == "1" ? "true" : "false"
        : !bits.Contains('0') ? "tautology" : !bits.Contains('1') ? "contradiction" : "contingent";

    private static string Time(string reasoning, string last, string kind)
    {
        string value = last[(last.LastIndexOf('=') + 1)..];
        string first = reasoning.Split(';')[0];
        return kind switch
        {
            "weekday" => $"{(DayOfWeek)int.Parse(value)}",
            "clock" => $"{int.Parse(value):00}:{int.Parse(first[(first.LastIndexOf('=') + 1)..]):00}",
            _ => value,
        };
    }

    private static string Grid(string reasoning, string clues)
    {
        char[] cells = clues.ToCharArray();
        foreach (string step in reasoning.Split(';'))
        {
            cells[((step[0] - 'a') * 5) + step[1] - '1'] = step[^1];
        }

        return new string(cells);
    }
}
