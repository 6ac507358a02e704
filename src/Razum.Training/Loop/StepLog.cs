using System.Buffers;
using System.Text.Json;

namespace Razum.Training.Loop;

/// <summary>A file of JSON lines that belong to steps, appended at once. On resume, lines after the checkpoint are dropped: the steps come again.</summary>
internal sealed class StepLog : IDisposable
{
    private readonly FileStream _stream;
    private readonly ArrayBufferWriter<byte> _line = new();

    /// <param name="path">The file.</param>
    /// <param name="lastStep">The last step whose line stays.</param>
    public StepLog(string path, int lastStep)
    {
        long keep = 0;
        if (File.Exists(path))
        {
            foreach ((int step, long end) in Steps(File.ReadAllBytes(path)))
            {
                if (step > lastStep)
                {
                    break;
                }

                keep = end;
            }
        }

        _stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 1);
        _stream.SetLength(keep);
        _stream.Seek(0, SeekOrigin.End);
    }

    /// <summary>Appends the line of a step; <paramref name="fields"/> writes what follows the step's number.</summary>
    public void Write(int step, Action<Utf8JsonWriter> fields)
    {
        _line.Clear();
        using (var json = new Utf8JsonWriter(_line))
        {
            json.WriteStartObject();
            json.WriteNumber("step", step);
            fields(json);
            json.WriteEndObject();
        }

        _line.Write("\n"u8);
        _stream.Write(_line.WrittenSpan);
        _stream.Flush();
    }

    public void Dispose() => _stream.Dispose();

    // Step and end of every whole line; a line torn by a crash ends the enumeration.
    private static IEnumerable<(int Step, long End)> Steps(byte[] bytes)
    {
        int from = 0;
        while (Array.IndexOf(bytes, (byte)'\n', from) is >= 0 and int end)
        {
            int step;
            try
            {
                using JsonDocument document = JsonDocument.Parse(bytes.AsMemory(from, end - from));
                step = document.RootElement.GetProperty("step").GetInt32();
            }
            catch (Exception fault) when (fault is JsonException or InvalidOperationException or KeyNotFoundException)
            {
                yield break;
            }

            from = end + 1;
            yield return (step, from);
        }
    }
}
