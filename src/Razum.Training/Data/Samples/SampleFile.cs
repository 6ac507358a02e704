using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Razum.Tensors.Checkpoints;

namespace Razum.Training.Data.Samples;

/// <summary>
/// Samples as JSON lines, the settings first. Lines are added as they come; a line that was cut off by the end of a process is dropped when the file is opened
/// again, so that an interrupted run goes on where it was.
/// </summary>
public sealed class SampleFile : IDisposable
{
    private readonly FileStream _stream;
    private readonly Lock _lock = new();

    private SampleFile(FileStream stream, IReadOnlySet<(int Index, int Draw)> done) => (_stream, Done) = (stream, done);

    /// <summary>What was there already: number of prompt and draw.</summary>
    public IReadOnlySet<(int Index, int Draw)> Done { get; }

    /// <summary>Opens a file to add to, or begins one.</summary>
    /// <exception cref="InvalidDataException">It was made with other settings, or is damaged.</exception>
    public static SampleFile Open(string path, SampleSettings settings)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        if (!File.Exists(path) || new FileInfo(path).Length == 0)
        {
            AtomicFile.Write(path, stream => stream.Write(Line(JsonSerializer.Serialize(settings, SampleJson.Default.SampleSettings))));
        }

        (SampleSettings before, IReadOnlyList<Sample> samples) = Read([path]);
        if (before != settings)
        {
            throw new InvalidDataException($"{path}: was made with other settings: {before}, now {settings}; name another file");
        }

        var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        stream.SetLength(WholeLines(stream));
        stream.Seek(0, SeekOrigin.End);
        return new SampleFile(stream, samples.Select(s => (s.Index, s.Draw)).ToHashSet());
    }

    /// <summary>The settings of the first file and the samples of all.</summary>
    /// <exception cref="InvalidDataException">A file is missing or damaged, but for a last line that was cut off.</exception>
    public static (SampleSettings Settings, IReadOnlyList<Sample> Samples) Read(IReadOnlyList<string> paths)
    {
        SampleSettings? settings = null;
        List<Sample> samples = [];
        foreach (string path in paths)
        {
            if (!File.Exists(path))
            {
                throw new InvalidDataException($"{path}: no such file of samples");
            }

            string[] lines = File.ReadAllText(path).Split('\n');
            SampleSettings own = Parse(lines[0], $"{path}: line 1", SampleJson.Default.SampleSettings);
            settings ??= own;
            for (int i = 1; i < lines.Length - 1; i++) // after the last line end stands nothing, or what was cut off
            {
                samples.Add(Parse(lines[i], $"{path}: line {i + 1}", SampleJson.Default.Sample));
            }
        }

        return (settings ?? throw new ArgumentException("no files of samples"), samples);
    }

    /// <summary>Adds a sample; may be called by several threads.</summary>
    public void Add(Sample sample)
    {
        byte[] line = Line(JsonSerializer.Serialize(sample, SampleJson.Default.Sample));
        lock (_lock)
        {
            _stream.Write(line);
            _stream.Flush();
        }
    }

    public void Dispose() => _stream.Dispose();

    private static byte[] Line(string text) => Encoding.UTF8.GetBytes(text + "\n");

    private static long WholeLines(FileStream stream)
    {
        for (long end = stream.Length; end > 0; end--)
        {
            stream.Seek(end - 1, SeekOrigin.Begin);
            if (stream.ReadByte() == '\n')
            {
                return end;
            }
        }

        return 0;
    }

    private static T Parse<T>(string line, string where, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(line, type) ?? throw new InvalidDataException($"{where}: expected an object");
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"{where}: not a line of samples: {OneLine.Quote(fault.Message)}", fault);
        }
    }
}

/// <summary>Reads and writes the lines without reflection; every field must be there.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(SampleSettings))]
[JsonSerializable(typeof(Sample))]
internal sealed partial class SampleJson : JsonSerializerContext;
