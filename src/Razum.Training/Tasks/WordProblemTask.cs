using System.Text;
using System.Text.Json.Nodes;

namespace Razum.Training.Tasks;

/// <summary>Short stories of one to four arithmetic steps, from templates.</summary>
internal sealed class WordProblemTask : IntegerTask
{
    private static readonly string[] s_objects = ["apple", "marble", "book", "stamp", "coin", "pencil", "shell", "card", "cookie", "button"];

    public override string Name => "word_problems";

    public override IReadOnlyList<int> Levels { get; } = [1, 2, 3, 4];

    public override TaskProblem Generate(ref TaskRandom random)
    {
        int index = random.Next(0, WordTemplate.All.Count - 1);
        WordTemplate template = WordTemplate.All[index];
        Dictionary<char, int> values = [];
        JsonObject drawn = [];
        foreach (WordVariable variable in template.Variables)
        {
            int value = variable.Draw(ref random);
            values[variable.Name] = value;
            drawn[variable.Name.ToString()] = value;
        }

        string[] people = PersonNames.Draw(ref random, 3);
        string thing = random.Pick<string>(s_objects);
        JsonObject truth = new() { ["template"] = index, ["steps"] = template.Steps, ["values"] = drawn, ["formula"] = template.Formula };
        return Problem(Fill(template.Text, people, thing, values), truth);
    }

    /// <summary>Steps.</summary>
    public override int Size(JsonObject truth) => truth.Integer("steps");

    public override JsonValue Solve(JsonObject truth)
    {
        JsonObject drawn = truth["values"] as JsonObject ?? throw new InvalidDataException("truth: field 'values' is missing or is not an object");
        return JsonValue.Create(TemplateFormula.Evaluate(truth.Text("formula"), drawn.ToDictionary(v => v.Key[0], v => drawn.Integer(v.Key))));
    }

    private static string Fill(string text, string[] people, string thing, Dictionary<char, int> values)
    {
        StringBuilder story = new();
        int position = 0;
        while (text.IndexOf('{', position) is int open and >= 0)
        {
            int close = text.IndexOf('}', open);
            string gap = text[(open + 1)..close];
            story.Append(text, position, open - position);
            _ = gap switch
            {
                "n" => story.Append(people[0]),
                "m" => story.Append(people[1]),
                "k" => story.Append(people[2]),
                "o" => story.Append(thing),
                _ => story.Append(TemplateFormula.Evaluate(gap, values)),
            };
            position = close + 1;
        }

        return story.Append(text, position, text.Length - position).ToString();
    }
}
