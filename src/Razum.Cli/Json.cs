using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Razum.Cli;

/// <summary>Writes JSON for other programs: indented, everything but ASCII as it is, a line end after it.</summary>
internal static class Json
{
    private static readonly JsonWriterOptions s_options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The text of what <paramref name="write"/> writes.</summary>
    public static string Text(Action<Utf8JsonWriter> write)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, s_options))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(memory.ToArray());
    }

    public static void Write(TextWriter output, Action<Utf8JsonWriter> write) => output.WriteLine(Text(write));
}
