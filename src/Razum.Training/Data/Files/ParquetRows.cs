using System.Collections;
using System.Globalization;
using System.Text.Json.Nodes;
using Parquet.Serialization;
using Razum.Tensors.Checkpoints;

namespace Razum.Training.Data.Files;

/// <summary>
/// Rows from Parquet, nested lists and structures included. A damaged file can keep the reader of the format busy without end, so it gets a time that depends
/// on the size of the file.
/// </summary>
internal static class ParquetRows
{
    private const double LeastSeconds = 20;
    private const double SecondsPerMegabyte = 2;

    public static IEnumerable<DataRow> Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        var time = TimeSpan.FromSeconds(LeastSeconds + (SecondsPerMegabyte * bytes.Length / 1e6));
        int number = 0;
        foreach (Dictionary<string, object> row in ReadAll(path, bytes, time))
        {
            string where = $"{path}: row {number++}";
            yield return new DataRow((JsonObject)Node(row, where)!, where);
        }
    }

    private static IList<Dictionary<string, object>> ReadAll(string path, byte[] bytes, TimeSpan time)
    {
        try
        {
            var reading = Task.Run(async () => (await ParquetSerializer.DeserializeUntypedAsync(new MemoryStream(bytes)).ConfigureAwait(false)).Data);
            return reading.Wait(time) ? reading.Result : throw new InvalidDataException($"{path}: not read within {time.TotalSeconds:0} s: damaged?");
        }
        catch (AggregateException fault)
        {
            // Whatever the reader of the format throws on damage, from IOException to NullReferenceException.
            throw new InvalidDataException($"{path}: not Parquet, or damaged: {OneLine.Quote(fault.InnerException!.Message)}", fault);
        }
    }

    private static JsonNode? Node(object? value, string where) => value switch
    {
        null => null,
        string text => JsonValue.Create(text),
        ReadOnlyMemory<char> text => JsonValue.Create(text.ToString()),
        bool flag => JsonValue.Create(flag),
        sbyte or short or int or long or byte or ushort or uint => JsonValue.Create(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
        ulong number => JsonValue.Create(number),
        float number => JsonValue.Create((double)number),
        double number => double.IsFinite(number) ? JsonValue.Create(number) : JsonValue.Create(number.ToString(CultureInfo.InvariantCulture)),
        decimal number => JsonValue.Create(number),
        DateTime date => JsonValue.Create(date.ToString("O", CultureInfo.InvariantCulture)),
        byte[] bytes => JsonValue.Create(Convert.ToBase64String(bytes)),
        IDictionary<string, object> fields => new JsonObject(fields.Select(f => KeyValuePair.Create(f.Key, Node(f.Value, where)))),
        IEnumerable list => new JsonArray([.. list.Cast<object?>().Select(v => Node(v, where))]),
        _ => throw new InvalidDataException($"{where}: a value of type {value.GetType().Name} is not supported"),
    };
}
