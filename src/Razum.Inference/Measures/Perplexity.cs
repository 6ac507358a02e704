using System.Diagnostics;
using System.Globalization;
using Razum.Models;
using Razum.Tensors;
using Razum.Text;

namespace Razum.Inference.Measures;

/// <summary>
/// The perplexity of a text, PPL = exp(-1/n sum_i log p(x_i | x before it in its window)), over the n scored tokens, with the standard error PPL * s / sqrt(n - 1)
/// where s is the standard deviation of the log-probabilities. Which tokens are scored, and after which others, is said by <see cref="TextWindow"/>. The
/// log-probabilities are those of training and of the engine, bit for bit. With a reference model also what people judge quantisation by.
/// </summary>
public sealed class Perplexity : IDisposable
{
    private readonly TextOptions _options;
    private readonly WindowReader _reader;
    private readonly WindowReader? _reference;
    private readonly LogitComparison? _comparison;
    private Estimate _loss;
    private Estimate _referenceLoss;

    /// <param name="model">The model that is judged.</param>
    /// <param name="options">How the text is cut and computed.</param>
    /// <param name="reference">What it is compared with; null for nothing.</param>
    /// <exception cref="ArgumentException">An option does not fit the model, or the two models have different vocabularies.</exception>
    public Perplexity(Decoder model, TextOptions options, Decoder? reference = null)
    {
        int longest = Math.Min(model.Config.MaxPositionEmbeddings, reference?.Config.MaxPositionEmbeddings ?? int.MaxValue);
        if (options.Context < 4 || options.Context > longest)
        {
            throw new ArgumentException($"a context of {options.Context} tokens: from 4 to {longest} are possible");
        }

        if (options.Stride is { } stride && (stride < 1 || stride >= options.Context))
        {
            throw new ArgumentException($"a stride of {stride} tokens: it must be at least 1 and less than the context, {options.Context}");
        }

        if (reference is not null && reference.Head.Rows != model.Head.Rows)
        {
            throw new ArgumentException($"models of {model.Head.Rows} and of {reference.Head.Rows} tokens cannot be compared");
        }

        _options = options;
        _reader = new WindowReader(model, options.Context, options.Threads, options.Arithmetic);
        if (reference is not null)
        {
            _reference = new WindowReader(reference, options.Context, options.Threads, Arithmetic.F32);
            _comparison = new LogitComparison(model.Head.Rows);
        }
    }

    /// <summary>Throws unless every id that both vocabularies have is the same token in both.</summary>
    /// <exception cref="ArgumentException">One is not.</exception>
    public static void RequireSameTokens(Tokenizer one, Tokenizer other)
    {
        for (int id = 0; id < Math.Min(one.VocabSize, other.VocabSize); id++)
        {
            if (one.IdToToken(id) is { } text && other.IdToToken(id) is { } otherText && text != otherText)
            {
                throw new ArgumentException($"models of different vocabularies cannot be compared: token {id} is not the same");
            }
        }
    }

    /// <summary>Scores a text, once.</summary>
    /// <param name="text">Its tokens.</param>
    /// <param name="progress">Told the perplexity so far, and the share of the text that is done.</param>
    /// <param name="cancellation">Stops between two windows.</param>
    /// <exception cref="InvalidDataException">The text is too short, or not UTF-8.</exception>
    public PerplexityReport Measure(TextTokens text, Action<string, double> progress, CancellationToken cancellation = default)
    {
        long given = 0;
        IEnumerable<int> ids = text.Read().Select(id =>
        {
            given++;
            return id;
        });
        PerplexityReport report = Measure(ids, text.Bos, windows => progress(
            string.Create(CultureInfo.InvariantCulture, $"perplexity {Math.Exp(_loss.Mean):0.0000}"),
            _options.Chunks > 0 ? Math.Max(text.Share, (double)windows / _options.Chunks) : text.Share), cancellation);
        return report.Loss.Count > 0 ? report : throw new InvalidDataException(_options.Stride is null
            ? $"{text.Name}: {given} tokens are less than one chunk of {_options.Context}"
            : $"{text.Name}: {given} tokens are too few: the first predicts the second");
    }

    /// <summary>Scores tokens; <paramref name="progress"/> is told the windows done.</summary>
    internal PerplexityReport Measure(IEnumerable<int> ids, int? bos, Action<int> progress, CancellationToken cancellation = default)
    {
        (int windows, long tokens) = (0, 0);
        var clock = Stopwatch.StartNew();
        foreach (TextWindow window in _options.Stride is { } stride ? TextWindow.Sliding(ids, _options.Context, stride) : TextWindow.Chunks(ids, _options.Context, bos))
        {
            cancellation.ThrowIfCancellationRequested();
            Score(window);
            windows++;
            tokens += window.Tokens.Length;
            progress(windows);
            if (windows == _options.Chunks)
            {
                break;
            }
        }

        return new PerplexityReport
        {
            Loss = _loss,
            ReferenceLoss = _reference is null ? null : _referenceLoss,
            Divergence = _comparison?.Divergence,
            SameTop = _comparison?.SameTop,
            Windows = windows,
            Tokens = tokens,
            Seconds = clock.Elapsed.TotalSeconds,
        };
    }

    public void Dispose()
    {
        _reader.Dispose();
        _reference?.Dispose();
    }

    private void Score(TextWindow window)
    {
        ReadOnlySpan<int> tokens = window.Tokens.Span;
        _reader.Begin();
        _reference?.Begin();
        for (int from = 0; from < tokens.Length - 1; from += WindowReader.Piece)
        {
            int count = Math.Min(WindowReader.Piece, tokens.Length - 1 - from); // the last token predicts nothing
            Tensor hidden = _reader.Next(tokens.Slice(from, count));
            Tensor other = _reference?.Next(tokens.Slice(from, count)) ?? default;
            int skipped = Math.Clamp(window.From - 1 - from, 0, count);
            if (skipped == count)
            {
                continue;
            }

            ReadOnlySpan<int> targets = tokens.Slice(from + skipped + 1, count - skipped);
            hidden = hidden.SliceRows(skipped, count - skipped);
            Add(_reader.Ops.LogProbabilities(hidden, _reader.Head, targets), ref _loss);
            if (_reference is not null)
            {
                other = other.SliceRows(skipped, count - skipped);
                Add(_reference.Ops.LogProbabilities(other, _reference.Head, targets), ref _referenceLoss);
                _comparison!.Add(_reader, hidden, _reference, other);
            }
        }
    }

    private static void Add(Tensor logProbabilities, ref Estimate loss)
    {
        for (int i = 0; i < logProbabilities.Rows; i++)
        {
            loss.Add(-logProbabilities[i][0]);
        }
    }
}
