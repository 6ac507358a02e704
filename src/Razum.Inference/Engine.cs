using System.Runtime.CompilerServices;
using Razum.Inference.Text;
using Razum.Tensors;
using Razum.Text;

namespace Razum.Inference;

/// <summary>
/// An engine in this process: one thread of its own runs the <see cref="GenerationLoop"/> over all requests, packed in one batch, and turns tokens into
/// text. Requests join and leave between steps. A request's tokens depend on its prompt, options and seed alone.
/// </summary>
public sealed class Engine : IEngine
{
    private readonly StepModel _model;
    private readonly Tokenizer _tokenizer;
    private readonly EngineOptions _options;
    private readonly BlockPool _cache;
    private readonly Scheduler _scheduler;
    private readonly GenerationLoop _loop;
    private readonly Lock _gate = new();
    private readonly Queue<Sequence> _arrived = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _closing;

    /// <summary>An engine over a model that is already loaded. The weights stay the caller's.</summary>
    /// <exception cref="ArgumentException">An option is out of range, or the cache does not fit.</exception>
    public Engine(ModelBundle bundle, EngineOptions? options = null)
        : this(Step(bundle, options ??= new EngineOptions()), bundle.Info, bundle.Tokenizer, options)
    {
    }

    internal Engine(StepModel model, ModelInfo info, Tokenizer tokenizer, EngineOptions options)
    {
        options.Validate();
        (_model, _tokenizer) = (model, tokenizer);
        Model = CachePlan.Limit(info, options);
        try
        {
            _cache = new BlockPool(model.CacheShape, CachePlan.Blocks(options, Model, model.CacheShape, model.Place(Model, options)));
        }
        catch
        {
            model.Dispose(); // it is the engine's own
            throw;
        }

        _scheduler = new Scheduler(_cache, options, info.Adapters.Count);
        _loop = new GenerationLoop(model, _scheduler, Deliver);
        _options = options;
        new Thread(Run) { IsBackground = true, Name = "razum engine" }.Start();
    }

    public ModelInfo Model { get; }

    /// <summary>How often a request had to give its memory back to an older one.</summary>
    internal long Preemptions => _scheduler.Preemptions;

    /// <summary>Blocks of keys and values that no request holds, and all.</summary>
    internal (int Free, int Count) Blocks => (_cache.Free, _cache.Count);

    public IAsyncEnumerable<GenerationChunk> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        request = request with
        {
            Speculation = request.Speculation ?? _options.Speculation,
            DraftLength = request.DraftLength ?? _options.DraftLength,
        };
        request.Validate(Model);
        if (request.RecordRouting && !_options.RecordRouting)
        {
            throw new ArgumentException("RecordRouting: the engine was not made for it");
        }

        return request.Speculation != SpeculationKind.Mtp || _options.Speculation == SpeculationKind.Mtp
            ? Stream(request, cancellationToken)
            : throw new ArgumentException("Speculation Mtp: the engine was not made for it");
    }

    /// <summary>Gives up all requests and ends the thread.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (!_closing)
            {
                _closing = true;
                _wake.Set();
            }
        }

        await _ended.Task.ConfigureAwait(false);
    }

    private static DecoderModel Step(ModelBundle bundle, EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        options.Validate();
        bool drafts = options.Speculation == SpeculationKind.Mtp;
        if (options.RecordRouting && bundle.Decoder.Config.Moe is not { RoutedPerToken: > 0 })
        {
            throw new ArgumentException($"RecordRouting: {bundle.Info.Name} has no experts");
        }

        if (options.Arithmetic == Arithmetic.FP8 && !bundle.Decoder.Parameters.Any(w => w.Format == WeightFormat.F8_E4M3))
        {
            throw new ArgumentException($"Arithmetic FP8: {bundle.Info.Name} has no weights in FP8");
        }

        return !drafts || bundle.Decoder.Mtp is not null
            ? new DecoderModel(bundle.Decoder, options.MaxSequences, options.Threads, drafts, options.Arithmetic, options.RecordRouting)
            : throw new ArgumentException($"Speculation Mtp: {bundle.Info.Name} has no layer of multi-token prediction");
    }

    private async IAsyncEnumerable<GenerationChunk> Stream(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var stream = new AnswerStream(new AnswerText(_tokenizer, request), request.Collected);
        var sequence = new Sequence(request, Model) { Stream = stream };
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closing, this);
            _arrived.Enqueue(sequence);
            _wake.Set();
        }

        using CancellationTokenRegistration cancel = cancellationToken.UnsafeRegister(static s => ((Sequence)s!).Cancel(), sequence);
        try
        {
            await foreach (GenerationChunk chunk in stream.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return chunk;
            }
        }
        finally
        {
            sequence.Cancel();
        }
    }

    private void Run()
    {
        Exception end = new ObjectDisposedException(nameof(Engine), "the engine was closed before the answer was complete");
        try
        {
            while (Receive())
            {
                if (!_loop.HasWork)
                {
                    _wake.WaitOne();
                    continue;
                }

                _loop.Step();
            }
        }
        catch (Exception failure)
        {
            end = failure;
        }

        Close(end);
    }

    /// <summary>Lets arrived requests join; false when the engine is closing.</summary>
    private bool Receive()
    {
        lock (_gate)
        {
            while (_arrived.TryDequeue(out Sequence? sequence))
            {
                _loop.Add(sequence);
            }

            return !_closing;
        }
    }

    private static void Deliver(Sequence sequence)
    {
        try
        {
            if (sequence.Failure is null && !sequence.Cancelled)
            {
                sequence.Stream!.Deliver(sequence);
            }
        }
        catch (Exception failure)
        {
            sequence.Fail(failure);
        }

        if (sequence.Failure is { } reason)
        {
            sequence.Stream!.Fail(reason);
        }
    }

    private void Close(Exception end)
    {
        lock (_gate)
        {
            _closing = true;
        }

        Receive();
        _loop.Abandon(static (sequence, reason) => sequence.Stream!.Fail(reason), end);
        _cache.Dispose();
        _model.Dispose();
        _wake.Dispose();
        _ended.SetResult();
    }
}
