using System.Diagnostics;
using System.Security.Cryptography;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
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
    private readonly CpuOps _ops;
    private readonly Optimizer _optimizer;
    private readonly TrainStep _step;
    private readonly DecoderCost _cost;
    private readonly CheckpointFolders _folders;
    private readonly PublishedModel _published;
    private readonly SequenceFeed[] _feeds;
    private readonly string _identity;
    private int _done;
    private long _tokens;
    private double? _bestLoss;

    /// <summary>Makes or loads the model and the data.</summary>
    /// <exception cref="InvalidDataException">The model, the data or a checkpoint cannot be used; one line.</exception>
    public TrainLoop(RunConfig run, TrainOptions options)
    {
        (_run, _options, _folders) = (run, options, new CheckpointFolders(run.Output));
        Directory.CreateDirectory(run.Output);
        _folders.Clean();
        Tokenizer = LoadTokenizer(run);
        Decoder = MakeDecoder(run);
        if (Decoder.Config.VocabSize < Tokenizer.VocabSize)
        {
            throw new InvalidDataException($"{run.Name}: the tokenizer has {Tokenizer.VocabSize} tokens, the model's vocab_size is {Decoder.Config.VocabSize}");
        }

        if (Decoder.Mtp is null && run.Stages.FirstOrDefault(s => s.MtpLambda > 0) is { } stage)
        {
            throw new InvalidDataException($"{run.Name}: stage {stage.Name} has an mtp.lambda, but the model has no prediction layer");
        }

        Decoder.RecomputeActivations = run.Recompute;
        SequenceSource[] sources = [.. run.Stages.Select(s => MakeSource(s.Data))];
        _feeds = [.. sources.Select((s, i) => new SequenceFeed(s, run.Stages[i].Name, run.SequenceLength))];
        _identity = Identity(run, sources);
        _ops = new CpuOps(options.Threads, options.InstructionSet, run.Arithmetic);
        _optimizer = run.Muon is { } muon ? new Muon(Decoder.Parameters, _ops, muon, run.AdamW) : new AdamW(Decoder.Parameters, _ops.Pool, run.AdamW);
        _step = new TrainStep(Decoder, _ops);
        _cost = new DecoderCost(Decoder);
        _published = new PublishedModel
        {
            TokenizerPath = run.TokenizerPath,
            Decoder = Decoder,
            Format = run.Export,
            Greedy = run.Stages[^1].Data.Kind == "examples",
            EndOfTurn = run.Stages.Any(s => s.Data.Kind != "text") ? ChatTemplate.For(Tokenizer).EndOfTurn : Tokenizer.EosId,
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
        using var metrics = new MetricsLog(Path.Combine(_run.Output, "metrics.jsonl"), _done);
        double peak = MachinePeak.Measure(_ops.Pool, measure: MachinePeak.Of(_run.Arithmetic));
        var clock = new StepClock();
        int begin = 0;
        for (int s = 0; s < _run.Stages.Count; begin += _run.Stages[s++].Steps)
        {
            StageConfig stage = _run.Stages[s];
            while (_done < begin + stage.Steps)
            {
                int step = _done - begin;
                long start = Stopwatch.GetTimestamp();
                TrainProgress progress = Advance(stage, _feeds[s], step, out double flops);
                double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                clock.Add(progress.Tokens, seconds);
                bool ends = _done == begin + stage.Steps;
                bool evaluates = _run.EvaluateEvery > 0 && ((step + 1) % _run.EvaluateEvery == 0 || ends);
                progress = progress with
                {
                    TokensPerSecond = progress.Tokens / seconds,
                    Utilisation = flops / seconds / peak,
                    TimeLeft = clock.Left(TokensLeft(s, begin)),
                    HeldOutLoss = evaluates ? Evaluate(_feeds[s]) : null,
                };
                if (ends)
                {
                    _bestLoss = null; // losses of different stages do not compare
                }

                metrics.Write(progress);
                bool saves = _done % _run.CheckpointEvery == 0 || _done == _run.Steps || cancellation.IsCancellationRequested;
                if (saves)
                {
                    progress = progress with { Checkpoint = Save(ends ? 0 : _feeds[s].Next) };
                }

                _options.Progress?.Invoke(progress);
                if (cancellation.IsCancellationRequested && _done < _run.Steps)
                {
                    return new TrainResult(false, _done, progress.Checkpoint ?? Save(ends ? 0 : _feeds[s].Next));
                }
            }
        }

        string final = Path.Combine(_run.Output, "final");
        CheckpointFolders.Write(final, _published.Write);
        return new TrainResult(true, _done, final);
    }

    public void Dispose()
    {
        _step.Dispose();
        _optimizer.Dispose();
        _ops.Dispose();
        foreach (Weight weight in Decoder.Parameters)
        {
            weight.Dispose();
        }
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

    private static string Identity(RunConfig run, SequenceSource[] sources)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes(run.Hash));
        foreach (SequenceSource source in sources)
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(source.Fingerprint));
        }

        if (run.TokenizerPath is { } tokenizer)
        {
            string file = Directory.Exists(tokenizer) ? Path.Combine(tokenizer, "tokenizer.json") : tokenizer;
            hash.AppendData(File.ReadAllBytes(file));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

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

        TrainState state = TrainingFiles.Read(Path.Combine(folder, "training"), _identity, Decoder, _optimizer);
        (_done, _tokens, _bestLoss) = (state.Step, state.Tokens, state.BestLoss);
        int begin = 0;
        for (int s = 0; s < _run.Stages.Count; begin += _run.Stages[s++].Steps)
        {
            if (_done >= begin && _done < begin + _run.Stages[s].Steps)
            {
                _feeds[s].Next = state.NextSequence;
            }
        }
    }

    /// <summary>One step of a stage.</summary>
    private TrainProgress Advance(StageConfig stage, SequenceFeed feed, int step, out double flops)
    {
        double lambda = stage.MtpLambdaAt(step);
        double rate = stage.LearningRate * stage.Schedule.Factor(step);
        IReadOnlyList<TrainingSequence> sequences = feed.Take(stage.StepTokens);
        int tokens = sequences.Sum(s => s.Tokens.Count);
        flops = sequences.Sum(s => _cost.Training(s.Tokens.Count, lambda > 0));
        _step.Accumulate(sequences, _run.MicroBatchTokens, lambda, _run.BalanceAlpha);
        StepTotals totals = _step.Totals;
        double loss = totals.Main + (lambda * totals.Mtp) + totals.Balance;
        double norm = _optimizer.GradientNorm();
        if (!double.IsFinite(norm) || !double.IsFinite(loss))
        {
            throw new InvalidDataException(
                $"{_run.Name}: step {_done + 1}: training broke down: loss {loss}, gradient norm {norm}; lower the learning rate or the clip");
        }

        _optimizer.Update(rate, norm);
        double? violation = null;
        int layer = 0;
        foreach (MixtureOfExperts mixture in Decoder.Mixtures)
        {
            long[] loads = totals.Loads[layer++];
            violation = Math.Max(violation ?? 0, LoadBalance.MaxViolation(loads));
            if (mixture.CorrectionBias is { } bias && _run.BalanceSpeed > 0)
            {
                LoadBalance.Update(bias, loads, _run.BalanceSpeed);
            }
        }

        _done++;
        _tokens += tokens;
        return new TrainProgress
        {
            Stage = stage.Name,
            Step = _done,
            Steps = _run.Steps,
            Loss = loss,
            Main = totals.Main,
            Mtp = lambda > 0 ? totals.Mtp : null,
            Balance = _run.BalanceAlpha > 0 && layer > 0 ? totals.Balance : null,
            LearningRate = rate,
            GradientNorm = norm,
            MaxViolation = violation,
            Tokens = tokens,
            TokensPerSecond = 0,
            Utilisation = 0,
            TimeLeft = TimeSpan.Zero,
        };
    }

    private double Evaluate(SequenceFeed feed)
    {
        double loss = _step.Evaluate(feed.HeldOut(_run.EvaluateTokens), _run.MicroBatchTokens);
        if (_run.KeepBest && loss < (_bestLoss ?? double.PositiveInfinity))
        {
            _bestLoss = loss;
            CheckpointFolders.Write(Path.Combine(_run.Output, "best"), _published.Write);
        }

        return loss;
    }

    private string Save(long nextSequence)
    {
        string folder = _folders.Of(_done);
        CheckpointFolders.Write(folder, unfinished =>
        {
            _published.Write(unfinished);
            TrainingFiles.Write(Path.Combine(unfinished, "training"), Decoder, _optimizer, new TrainState
            {
                Run = _identity,
                Step = _done,
                Updates = _optimizer.Updates,
                NextSequence = nextSequence,
                Tokens = _tokens,
                BestLoss = _bestLoss,
            });
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
