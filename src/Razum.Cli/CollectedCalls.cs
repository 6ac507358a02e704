using System.Text.Json;
using Razum.Inference;
using Razum.Text;

namespace Razum.Cli;

/// <summary>The calls of tools in an answer, put together from their pieces.</summary>
internal sealed class CollectedCalls
{
    private readonly List<ToolCall> _calls = [];

    public int Count => _calls.Count;

    public void Add(GenerationChunk chunk)
    {
        foreach (ToolCallPart part in chunk.ToolCalls)
        {
            if (part.Index == _calls.Count)
            {
                _calls.Add(new ToolCall(part.Name ?? "", part.Arguments, part.Id));
            }
            else
            {
                _calls[part.Index] = _calls[part.Index] with { Arguments = _calls[part.Index].Arguments + part.Arguments };
            }
        }
    }

    /// <summary>A line for each, name and arguments. Control characters are dropped: in JSON they are blanks.</summary>
    public void WriteLines(TextWriter output)
    {
        foreach (ToolCall call in _calls)
        {
            output.WriteLine(string.Concat($"{call.Name} {call.Arguments}".Where(c => !char.IsControl(c))));
        }
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartArray("tool_calls");
        foreach (ToolCall call in _calls)
        {
            json.WriteStartObject();
            if (call.Id is not null)
            {
                json.WriteString("id", call.Id);
            }

            json.WriteString("name", call.Name);
            json.WriteString("arguments", call.Arguments);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
