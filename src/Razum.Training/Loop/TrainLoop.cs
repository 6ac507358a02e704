using System.Diagnostics;
using System.Security.Cryptography;
using Razum.Models;
using Razum.Models.Adapters;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Threading;
using Razum.Text;
using Razum.Training.Checkpoints;
using Razum.Training.Data;
using Razum.Training.Optimizers;
using Razum.Training.Plots;
using Razum.Training.Runs;

namespace Razum.Training.Loop;

/// <summary>
/// Runs a <see cref="RunConfig"/>: stages in sequence, each step = sequences, gradients, clip, optimiser, balancing biases; metrics, evaluation, checkpoints.
/// When the output folder holds a checkpoint of the same run it goes on from there, and ends with the same bits as a run that was never interrupted.
/// </summary>
public sealed class TrainLoop : IDisposable
{
    private readonly RunConfig _run;
    private readonly TrainOptions _options;
    private readonly Trainee _trainee;
    private readonly CheckpointFolders _folders;
    private readonly PublishedModel _published;
    private readonly Checkpoint? _base;
    private readonly StageWork[] _stages;
    private readonly string _identity;
    private int _done;
    private Cost _cost;
    private double? _bestScore;

    /// <summary>Makes or loads the model and the data.</summary>
    /// <exception cref="InvalidDataException">The model, the data or a checkpoint cannot be used; one line.</exception>
    public TrainLoop(RunConfig run, TrainOptions options)
    {
        (_run, _options, _folders) = (run, options, new CheckpointFolders(run.Output));
        Directory.CreateDirectory(run.Output);
        _folders.Clean();
        Tokenizer = LoadTokenizer(run);
        (Decoder, _base, int cacheTokens) = run.Lora is null ? (MakeDecoder(run), null, 0) : MakeAdapted(run, options);
        if (Decoder.Config.VocabSize < Tokenizer.VocabSize)
        {
            throw new InvalidDataException($"{run.Name}: the tokenizer has {Tokenizer.VocabSize} tokens, the model's vocab_size is {Decoder.Config.VocabSize}");
        }

        if (Decoder.Mtp is null && run.Stages.FirstOrDefault(s => s.MtpLambda > 0) is { } stage)
        {
            throw new InvalidDataException($"{run.Name}: stage {stage.Name} has an mtp.lambda, but the model has no prediction layer");
        }

        Decoder.RecomputeActivations = run.Recompute;
        if (run.Stages.Any(s => s.Policy is not null))
        {
            Decoder.LatentForm = LatentAttentionForm.Absorbed; // one form to sample and to train: the same bits
        }

        _trainee = new Trainee(run, Decoder, Tokenizer, options, cacheTokens);
        _stages = [.. run.Stages.Select(MakeStage)];
        _identity = Identity(run, _stages);
        _published = new PublishedModel
        {
            TokenizerPath = run.TokenizerPath,
            Decoder = Decoder,
            Format = run.Export,
            Greedy = run.Stages[^1] is { Preference: null } last && (last.Data is null || HasExamples(last.Data)),
            EndOfTurn = run.Stages.Any(s => s.Data is not { Kind: "text" }) ? ChatTemplate.For(Tokenizer).EndOfTurn : Tokenizer.EosId,
        };
        Resume();
    }

    public Decoder Decoder { get; }

    public Tokenizer Tokenizer { get; }

    /// <summary>Steps done when the loop was made: above 0 when it continues from a checkpoint.</summary>
    public int Step => _done;

    /// <summary>Trains to the end or until cancelled; a cancelled run finishes its step and writes a checkpoint.</summary>
    /// <exception cref="IOException">A checkpoint could not be written; the one before it is untouched.</exception>
    /// <exception cref="InvalidDataException">Training broke down, or data are bad; one line.</exception>
    public TrainResult Run(CancellationToken cancellation = default)
    {
        using var metrics = new StepLog(Path.Combine(_run.Output, "metrics.jsonl"), _done);
        double peak = MachinePeak.Measure(_trainee.Ops.Pool, measure: MachinePeak.Of(_run.Arithmetic));
        var clock = new StepClock();
        int begin = 0;
        for (int s = 0; s < _stages.Length; begin += _run.Stages[s++].Steps)
        {
            int end = begin + _run.Stages[s].Steps;
            if (_done >= end)
            {
                continue;
            }

            using StageWork work = _stages[s];
            if (work.Begin(_done - begin, _done) is { } before)
            {
                metrics.Write(_done, json => MetricsFields.WriteBefore(json, work.Stage.Name, before));
                _options.Before?.Invoke(before);
            }

            while (_done < end)
            {
                long start = Stopwatch.GetTimestamp();
                if (!TryAdvance(work, _done - begin, cancellation, out StepReport report))
                {
                    return new TrainResult(false, _done, Save(work, false));
                }

                double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                _cost = _cost.Plus(seconds * _trainee.Ops.Pool.Threads / 3600, report.Flops, report.Tokens);
                clock.Add(work.Stage.StepTokens, seconds);
                TrainProgress progress = report.Progress with
                {
                    Tokens = report.Tokens,
                    TokensPerSecond = report.Tokens / seconds,
                    Utilisation = report.Flops / seconds / peak,
                    TimeLeft = clock.Left(TokensLeft(s, begin)),
                    Cost = _cost,
                };
                if (Conclude(work, progress, end, metrics, cancellation) is { } stopped)
                {
                    return stopped;
                }

                if (report.Stop is { } reason)
                {
                    string folder = _bestScore is null ? Save(work, _done == end) : Path.Combine(_run.Output, "best"); // an earlier stage's best is not this one's
                    return new TrainResult(false, _done, folder, reason);
                }
            }
        }

        string final = Path.Combine(_run.Output, "final");
        CheckpointFolders.Write(final, Publish);
        if (_run.Merge)
        {
            CheckpointFolders.Write(Path.Combine(_run.Output, "merged"), _published.Write);
        }

        WriteAverage();
        return new TrainResult(true, _done, final);
    }

    public void Dispose()
    {
        foreach (StageWork stage in _stages)
        {
            stage.Dispose();
        }

        _trainee.Dispose();
        _base?.Dispose();
    }

    private static Tokenizer LoadTokenizer(RunConfig run)
    {
        string folder = run.TokenizerPath ?? Path.Combine(run.Output, "tokenizer");
        if (run.TokenizerPath is null)
        {
            ByteTokenizer.Write(folder);
        }

        return Tokenizer.Load(folder);
    }

    private static Decoder MakeDecoder(RunConfig run)
    {
        if (run.ModelPath is null)
        {
            return new Decoder(run.Model, new RandomParameters(run.Seed, run.Model.InitializerRange, run.Model.NumHiddenLayers));
        }

        using var checkpoint = new Checkpoint(run.ModelPath);
        return new Decoder(run.Model, new CheckpointParameters(checkpoint, trainable: true));
    }

    /// <summary>New adapters over a base that stays where it is mapped, or quantised; the files are open as long as it is used.</summary>
    private static (Decoder Decoder, Checkpoint Files, int CacheTokens) MakeAdapted(RunConfig run, TrainOptions options)
    {
        var checkpoint = new Checkpoint(run.ModelPath!);
        try
        {
            MemoryPlan plan = MemoryPlan.Of(run, checkpoint);
            options.Memory?.Invoke(plan.ToString());
            plan.Check(run.Name);
            using WorkerPool pool = new(options.Threads > 0 ? options.Threads : Environment.ProcessorCount);
            ParameterSource source = new CheckpointParameters(checkpoint);
            source = run.Quantize is { } format ? new QuantisedParameters(source, format, pool) : source;
            return (AdaptedDecoder.Create(run.Model, source, run.Lora!, run.Seed, $"{run.Name}: lora.targets"), checkpoint, plan.CacheTokens);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    private static string Identity(RunConfig run, StageWork[] stages)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes(run.Hash));
        foreach (StageWork stage in stages)
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(stage.Fingerprint));
        }

        if (run.TokenizerPath is { } tokenizer)
        {
            string file = Directory.Exists(tokenizer) ? Path.Combine(tokenizer, "tokenizer.json") : tokenizer;
            hash.AppendData(File.ReadAllBytes(file));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static bool HasExamples(DataConfig data) => data.Kind == "examples" || data.Parts.Any(p => HasExamples(p.Data));

    private StageWork MakeStage(StageConfig stage) => stage.Policy is { } policy
        ? policy.Teacher is { } teacher ? new OnPolicyDistillation(_trainee, stage, policy, teacher) : new PolicyWork(_trainee, stage, policy)
        : stage.Preference is { } preference ? new PreferenceWork(_trainee, stage, preference)
        : new SupervisedWork(_trainee, stage, MakeSource(stage.Data!));

    private SequenceSource MakeSource(DataConfig data) => data.Kind == "text"
        ? TextSequences.Load(data.Files, Tokenizer, _run.SequenceLength, data.HeldOut, _run.Seed)
        : new ConversationSequences(MakeConversations(data), Tokenizer, data.LearnsPrompts);

    private ConversationSource MakeConversations(DataConfig data)
    {
        switch (data.Kind)
        {
            case "jsonl" or "parquet":
                return new ConversationFile(data.Files, data.HeldOut, _run.Seed, data.Columns);
            case "mixture":
                return new ConversationMixture([.. data.Parts.Select(p => (MakeConversations(p.Data), p.Weight))], _run.Seed);
            default:
                return _options.Sources.TryGetValue(data.Source, out Func<DataConfig, int, ConversationSource>? make)
                    ? make(data, _run.Seed)
                    : throw new InvalidDataException(
                        $"{_run.Name}: data.source: no source of examples called {data.Source}; "
                        + $"there are {string.Join(", ", _options.Sources.Keys.Order(StringComparer.Ordinal))}");
        }
    }

    private void Resume()
    {
        if (_folders.All() is not [.., (_, string folder)])
        {
            return;
        }

        string training = Path.Combine(folder, "training");
        TrainState state = TrainingFiles.ReadState(training, _identity);
        (_done, _cost, _bestScore, _trainee.Optimizer.Updates) = (state.Step, state.Cost, state.BestScore, state.Updates);
        IEnumerable<(string, Tensor)> more = [];
        int begin = 0;
        for (int s = 0; s < _stages.Length; begin += _run.Stages[s++].Steps)
        {
            if (_done >= begin && _done < begin + _run.Stages[s].Steps)
            {
                _stages[s].Next = state.NextSequence;
                if (_done > begin) // what a stage keeps begins with its first step
                {
                    more = _stages[s].State;
                    _stages[s].ReadFiles(training);
                }
            }
        }

        TrainingFiles.ReadValues(training, _trainee.Trained, _trainee.Optimizer.State.Concat(more));
    }

    /// <summary>A step, unless it was cancelled in the middle: then it is not done at all.</summary>
    private bool TryAdvance(StageWork work, int step, CancellationToken cancellation, out StepReport report)
    {
        try
        {
            report = work.Advance(step, _done + 1, cancellation);
            _done++;
            return true;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            report = default;
            return false;
        }
    }

    /// <summary>After a step: measures, writes and shows what there is to; a result when the run has to end here.</summary>
    private TrainResult? Conclude(StageWork work, TrainProgress progress, int end, StepLog metrics, CancellationToken cancellation)
    {
        bool ends = _done == end;
        bool evaluates = _run.EvaluateEvery > 0 && ((_done - end + work.Stage.Steps) % _run.EvaluateEvery == 0 || ends);
        progress = progress with { HeldOut = evaluates ? Evaluate(work) : null };
        if (ends)
        {
            _bestScore = null; // scores of different stages do not compare
        }

        metrics.Write(progress.Step, json => MetricsFields.Write(json, progress));
        if (_done % _run.CheckpointEvery == 0 || _done == _run.Steps)
        {
            progress = progress with { Checkpoint = Save(work, ends) };
        }

        _options.Progress?.Invoke(progress);
        return cancellation.IsCancellationRequested && _done < _run.Steps
            ? new TrainResult(false, _done, progress.Checkpoint ?? Save(work, ends))
            : null;
    }

    private HeldOut Evaluate(StageWork work)
    {
        HeldOut heldOut = work.Evaluate();
        if (_run.KeepBest && heldOut.Score > (_bestScore ?? double.NegativeInfinity))
        {
            _bestScore = heldOut.Score;
            CheckpointFolders.Write(Path.Combine(_run.Output, "best"), Publish);
        }

        return heldOut;
    }

    /// <summary>What is trained, in the layout that other programs load: a model, or adapters.</summary>
    private void Publish(string folder)
    {
        if (_run.Lora is { } lora)
        {
            PeftFolder.Write(folder, Decoder, lora, _run.ModelPath!);
        }
        else
        {
            _published.Write(folder);
        }
    }

    /// <summary>The model of the averaged weights, if the run keeps an average.</summary>
    private void WriteAverage()
    {
        if (_trainee.Optimizer is AveragedOptimizer { HasAverage: true } averaged)
        {
            averaged.Exchange();
            CheckpointFolders.Write(Path.Combine(_run.Output, "average"), Publish);
            averaged.Exchange();
        }
    }

    /// <param name="work">The present stage.</param>
    /// <param name="ends">Whether it is over: the next one begins with its own first item.</param>
    private string Save(StageWork work, bool ends)
    {
        string folder = _folders.Of(_done);
        CheckpointFolders.Write(folder, unfinished =>
        {
            Publish(unfinished);
            IEnumerable<(string, Tensor)> more = ends ? [] : work.State;
            string training = Path.Combine(unfinished, "training");
            TrainingFiles.Write(training, _trainee.Trained, _trainee.Optimizer.State.Concat(more), new TrainState
            {
                Run = _identity,
                Step = _done,
                Updates = _trainee.Optimizer.Updates,
                NextSequence = ends ? 0 : work.Next,
                Cost = _cost,
                BestScore = _bestScore,
            });
            work.WriteFiles(training);
        });
        _folders.Prune(_run.KeepCheckpoints);
        DrawPlots();
        return folder;
    }

    private void DrawPlots()
    {
        if (!_options.Plots)
        {
            return;
        }

        try
        {
            RunPlots.Draw(Path.Combine(_run.Output, "metrics.jsonl"), Path.Combine(_run.Output, "plots"));
        }
        catch (Exception fault) when (fault is DllNotFoundException or TypeInitializationException or BadImageFormatException or IOException)
        {
            // Pictures need a native library and some disk. A run does not end for want of them; the numbers are in metrics.jsonl.
        }
    }

    private double TokensLeft(int stage, int begin)
    {
        double left = (double)(begin + _run.Stages[stage].Steps - _done) * _run.Stages[stage].StepTokens;
        return left + _run.Stages.Skip(stage + 1).Sum(s => (double)s.Steps * s.StepTokens);
    }
}
