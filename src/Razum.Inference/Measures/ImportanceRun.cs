using System.Diagnostics;
using Razum.Tensors;
using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Inference.Measures;

/// <summary>
/// Measures an importance matrix: a model reads a text in chunks, each beginning with bos where the tokenizer wants it, and the inputs of its matrices are summed
/// up (<see cref="ImportanceSums"/>).
/// </summary>
/// <param name="options">How the text is cut and computed; chunks are not scored, and there is no stride.</param>
public sealed class ImportanceRun(TextOptions options)
{
    /// <summary>Whether the head has sums too. It is left out otherwise, as usual: without them it quantises better.</summary>
    public bool ProcessOutput { get; init; }

    /// <summary>Told what is done, and the share of the text.</summary>
    public Action<string, double>? Progress { get; init; }

    /// <summary>Reads the text and writes the matrix.</summary>
    /// <param name="input">The model: a folder or a GGUF file.</param>
    /// <param name="text">The text, in UTF-8.</param>
    /// <param name="output">The file to write; it appears whole or not at all.</param>
    /// <param name="cancellation">Stops between two chunks; nothing is written then.</param>
    /// <exception cref="InvalidDataException">The model is damaged, the text is too short or not UTF-8.</exception>
    /// <exception cref="ArgumentException">An option does not fit the model, or GGUF files have no names for it.</exception>
    public ImportanceReport Run(string input, string text, string output, CancellationToken cancellation = default)
    {
        using ModelBundle model = ModelBundle.Load(input, threads: options.Threads);
        if (options.Context < 1 || options.Context > model.Info.ContextLength)
        {
            throw new ArgumentException($"a context of {options.Context} tokens: from 1 to {model.Info.ContextLength} are possible");
        }

        using GgufModel? file = GgufModel.IsGguf(input) ? new GgufModel(input) : null;
        var sums = new ImportanceSums(model.Decoder, file);
        using var reader = new WindowReader(model.Decoder, options.Context, options.Threads, options.Arithmetic);
        reader.Ops.InputObserver = sums.Add;
        using TextTokens tokens = TextTokens.Open(text, model.Tokenizer);
        int chunks = 0;
        var clock = Stopwatch.StartNew();
        foreach (TextWindow window in TextWindow.Chunks(tokens.Read(), options.Context, tokens.Bos))
        {
            cancellation.ThrowIfCancellationRequested();
            Read(reader, window.Tokens.Span, sums);
            chunks++;
            Progress?.Invoke($"{chunks} chunks", options.Chunks > 0 ? Math.Max(tokens.Share, (double)chunks / options.Chunks) : tokens.Share);
            if (chunks == options.Chunks)
            {
                break;
            }
        }

        if (chunks == 0)
        {
            throw new InvalidDataException($"{text}: fewer tokens than one chunk of {options.Context}");
        }

        sums.Save(output, text, chunks, options.Context);
        return new ImportanceReport(sums.Count, chunks, (long)chunks * options.Context, sums.Unvisited, clock.Elapsed.TotalSeconds);
    }

    private void Read(WindowReader reader, ReadOnlySpan<int> tokens, ImportanceSums sums)
    {
        reader.Begin();
        for (int from = 0; from < tokens.Length; from += WindowReader.Piece)
        {
            Tensor hidden = reader.Next(tokens[from..Math.Min(tokens.Length, from + WindowReader.Piece)]);
            if (ProcessOutput)
            {
                sums.Add(reader.Head, hidden, transposed: false); // what the head would be multiplied by: no need to do it
            }
        }
    }
}
