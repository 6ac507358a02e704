using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Razum.Tensors.Checkpoints;

namespace Razum.Training.Data.Files;

/// <summary>Rows from JSON: one object a line, or a whole file of one object or a list of them. UTF-8 only; no field twice; lines may be empty.</summary>
internal static class JsonRows
{
    private const int LongestLine = 64 << 20; // characters

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly JsonDocumentOptions s_options = new() { AllowDuplicateProperties = false };

    public static IEnumerable<DataRow> ReadLines(string path)
    {
        using var reader = new StreamReader(path, s_strict);
        int number = 0;
        while (NextLine(reader, $"{path}: line {number + 1}") is { } line)
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                string where = $"{path}: line {number}";
                yield return new DataRow(Parse(line, where) as JsonObject ?? throw new InvalidDataException($"{where}: expected an object"), where);
            }
        }
    }

    public static IEnumerable<DataRow> ReadWhole(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path, s_strict);
        }
        catch (DecoderFallbackException fault)
        {
            throw new InvalidDataException($"{path}: not UTF-8", fault);
        }

        switch (Parse(text, path))
        {
            case JsonObject row:
                yield return new DataRow(row, path);
                break;
            case JsonArray list:
                for (int i = 0; i < list.Count; i++)
                {
                    yield return new DataRow(
                        list[i] as JsonObject ?? throw new InvalidDataException($"{path}: element {i}: expected an object"), $"{path}: element {i}");
                }

                break;
            default:
                throw new InvalidDataException($"{path}: expected an object or a list of objects");
        }
    }

    private static string? NextLine(StreamReader reader, string where)
    {
        try
        {
            string? line = reader.ReadLine();
            return line?.Length > LongestLine ? throw new InvalidDataException($"{where}: longer than {LongestLine} characters") : line;
        }
        catch (DecoderFallbackException fault)
        {
            throw new InvalidDataException($"{where} or soon after: not UTF-8", fault);
        }
    }

    private static JsonNode? Parse(string text, string where)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: s_options);
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"{where}: not valid JSON: {OneLine.Quote(fault.Message)}", fault);
        }
    }
}
