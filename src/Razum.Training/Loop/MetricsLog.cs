using System.Buffers;
using System.Text.Json;

namespace Razum.Training.Loop;

/// <summary><c>metrics.jsonl</c>: one line per step, appended at once. On resume, lines after the checkpoint are dropped: the steps come again.</summary>
public sealed class MetricsLog : IDisposable
{
    private readonly FileStream _stream;
    private readonly ArrayBufferWriter<byte> _line = new();

    /// <param name="path">The file.</param>
    /// <param name="lastStep">The last step whose line stays.</param>
    public MetricsLog(string path, int lastStep)
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

    public void Write(TrainProgress progress)
    {
        _line.Clear();
        using (var json = new Utf8JsonWriter(_line))
        {
            json.WriteStartObject();
            json.WriteNumber("step", progress.Step);
            json.WriteString("stage", progress.Stage);
            Number(json, "loss", progress.Loss);
            Number(json, "main", progress.Main);
            Number(json, "mtp", progress.Mtp);
            Number(json, "balance", progress.Balance);
            Number(json, "lr", progress.LearningRate);
            Number(json, "grad_norm", progress.GradientNorm);
            Number(json, "max_violation", progress.MaxViolation);
            Number(json, "load_entropy", progress.LoadEntropy);
            Number(json, "dead_experts", progress.DeadExperts);
            json.WriteNumber("tokens", progress.Tokens);
            Number(json, "tokens_per_second", Math.Round(progress.TokensPerSecond, 1));
            Number(json, "utilisation", Math.Round(progress.Utilisation, 4));
            Number(json, "held_out_loss", progress.HeldOutLoss);
            json.WriteEndObject();
        }

        _line.Write("\n"u8);
        _stream.Write(_line.WrittenSpan);
        _stream.Flush();
    }

    public void Dispose() => _stream.Dispose();

    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumber(name, number);
        }
    }

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
