using Razum.Inference;

namespace Razum.Cli.Screens;

/// <summary>
/// Writes an answer as it streams in: thinking dimmed (or, without colours, after the word "thinking:"), then the answer. Blank space around both is
/// dropped, and control characters too, so that no model can move the user's cursor.
/// </summary>
internal sealed class AnswerWriter(TextWriter answer, TextWriter? reasoning, bool colors)
{
    private const string Dim = "\e[2m";
    private const string Plain = "\e[0m";

    private ChunkKind? _kind;
    private string _blank = "";

    /// <summary>Writes the text of a piece of the answer.</summary>
    public void Write(GenerationChunk chunk)
    {
        TextWriter? writer = chunk.Kind == ChunkKind.Reasoning ? reasoning : answer;
        string text = string.Concat(chunk.Text.Where(c => !char.IsControl(c) || c is '\n' or '\t'));
        if (writer is null || text.Length == 0)
        {
            return;
        }

        if (chunk.Kind != _kind)
        {
            text = text.TrimStart();
            if (text.Length == 0)
            {
                return;
            }

            End();
            _kind = chunk.Kind;
            if (_kind == ChunkKind.Reasoning && !colors)
            {
                writer.Write("thinking: ");
            }
        }

        string shown = text.TrimEnd();
        if (shown.Length == 0)
        {
            _blank += text;
            return;
        }

        shown = _blank + shown;
        _blank = text[text.TrimEnd().Length..];
        writer.Write(_kind == ChunkKind.Reasoning && colors ? $"{Dim}{shown}{Plain}" : shown);
        writer.Flush();
    }

    /// <summary>Ends the line of what was written.</summary>
    public void End()
    {
        if (_kind is { } kind)
        {
            (kind == ChunkKind.Reasoning ? reasoning! : answer).WriteLine();
        }

        _kind = null;
        _blank = "";
    }
}
