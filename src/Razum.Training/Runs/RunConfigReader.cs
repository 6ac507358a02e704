using System.Security.Cryptography;
using System.Text.Json;
using Razum.Inference.Hub;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Training.Data.Files;
using Razum.Training.Objectives;
using Razum.Training.Optimizers;
using Razum.Training.Rollouts;
using Razum.Training.Schedules;
using Razum.Training.Verifiers;

namespace Razum.Training.Runs;

/// <summary>Reads run files. Unknown fields and bad values are errors that name file and field.</summary>
public static class RunConfigReader
{
    private const int LongestFile = 1 << 20;

    /// <summary>Reads a run file. <c>{seed}</c> in a path of it stands for the seed of the run.</summary>
    /// <param name="path">The file.</param>
    /// <param name="seed">A seed to use in place of the file's own.</param>
    /// <exception cref="InvalidDataException">The file is missing or wrong; one line with file, field and fault.</exception>
    public static RunConfig Read(string path, int? seed = null)
    {
        if (!File.Exists(path))
        {
            throw new InvalidDataException($"{path}: no such run file");
        }

        if (new FileInfo(path).Length > LongestFile)
        {
            throw new InvalidDataException($"{path}: too long for a run file");
        }

        byte[] bytes = File.ReadAllBytes(path);
        try
        {
            using JsonDocument document = JsonDocument.Parse(
                bytes, new JsonDocumentOptions { AllowDuplicateProperties = false, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Read(path, seed, bytes, new RunFields(path, "", document.RootElement))
                : throw new InvalidDataException($"{path}: expected an object");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException) // the latter: text that is not UTF-8
        {
            throw new InvalidDataException($"{path}: not valid JSON: {OneLine.Quote(fault.Message)}", fault);
        }
    }

    private static RunConfig Read(string path, int? otherSeed, byte[] bytes, RunFields fields)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        int ownSeed = fields.Whole("seed", least: 0), seed = otherSeed ?? ownSeed;
        string Full(string relative) => Path.GetFullPath(relative.Replace("{seed}", $"{seed}", StringComparison.Ordinal), folder);
        RunFields model = fields.Object("model");
        string? json = model.Raw("config");
        string? checkpoint = model.Has("checkpoint") ? Published(Full(model.Text("checkpoint")), model.Text("checkpoint")) : null;
        if ((json is null) == (checkpoint is null))
        {
            throw model.Fault("config", "give either the config of a new model or the path of a checkpoint");
        }

        WeightFormat? quantize = LoraReader.ReadFormat(model);
        model.Done();
        RunFields? lora = fields.OptionalObject("lora");
        string tokenizer = fields.Text("tokenizer", "bytes");
        RunFields? optimizer = fields.OptionalObject("optimizer");
        string kind = optimizer?.Choice("kind", "adamw", "adamw", "muon", "sgd", "nadam", "adafactor") ?? "adamw";
        RunFields? balance = fields.OptionalObject("balance");
        RunFields? evaluation = fields.OptionalObject("evaluation");
        RunFields? checkpoints = fields.OptionalObject("checkpoints");
        ModelConfig config = json is not null ? ModelConfigReader.Parse(json, $"{path}: model.config") : ModelConfigReader.Read(checkpoint!);
        int length = fields.Whole("sequence_length", least: 2, most: config.MaxPositionEmbeddings);
        var run = new RunConfig
        {
            Name = fields.Text("name"),
            Seed = seed,
            ModelPath = checkpoint,
            Quantize = quantize,
            Lora = lora is null ? null : LoraReader.Read(lora),
            Merge = lora?.Flag("merge", false) ?? false,
            Model = config,
            TokenizerPath = tokenizer == "bytes" ? null : Full(tokenizer),
            Output = Full(fields.Text("output")),
            SequenceLength = length,
            MicroBatchTokens = fields.Whole("micro_batch_tokens", least: length),
            Arithmetic = fields.Choice("arithmetic", "f32", "f32", "bf16") == "bf16" ? Arithmetic.BF16 : Arithmetic.F32,
            Muon = kind == "muon" ? OptimizerReader.Muon(optimizer!) : null,
            Sgd = kind == "sgd" ? OptimizerReader.Sgd(optimizer!) : null,
            NAdam = kind == "nadam" ? OptimizerReader.NAdam(optimizer!) : null,
            Adafactor = kind == "adafactor" ? OptimizerReader.Adafactor(optimizer!) : null,
            AdamW = optimizer is not null && kind is ("adamw" or "muon") ? OptimizerReader.AdamW(optimizer) : new AdamWSettings(),
            Average = fields.OptionalObject("average") is { } average ? OptimizerReader.Average(average) : null,
            BalanceSpeed = balance?.Number("bias_update_speed", 0, most: 1) ?? 0,
            BalanceCentred = balance?.Flag("centred", false) ?? false,
            BalanceCountsChoices = balance?.Choice("sequence_counts", "scores", "scores", "choices") == "choices",
            BalanceAlpha = balance?.Number("sequence_alpha", 0, most: 1) ?? 0,
            Recompute = fields.Flag("recompute", false),
            EvaluateEvery = evaluation?.Whole("every") ?? 0,
            EvaluateTokens = evaluation?.Whole("tokens", least: length) ?? 0,
            KeepBest = evaluation?.Flag("keep_best", true) ?? false,
            CheckpointEvery = checkpoints?.Whole("every") ?? 500,
            KeepCheckpoints = checkpoints?.Whole("keep", 2) ?? 2,
            Export = (checkpoints?.Choice("export", "bf16", "bf16", "f32") ?? "bf16") == "f32" ? ElementType.F32 : ElementType.BF16,
            Stages = [.. fields.Objects("stages").Select(s => ReadStage(s, Full, length))],
            Hash = Convert.ToHexStringLower(SHA256.HashData(seed == ownSeed ? bytes : [.. bytes, .. BitConverter.GetBytes(seed)])),
        };
        optimizer?.Done();
        balance?.Done();
        evaluation?.Done();
        checkpoints?.Done();
        lora?.Done();
        fields.Done();
        LoraReader.Check(run, fields);
        if (run.MicroBatchTokens < 2 * run.SequenceLength && run.Stages.Any(s => s.Preference is not null))
        {
            throw fields.Fault("micro_batch_tokens", "a stage of preference computes two answers together: at least twice sequence_length");
        }

        return run;
    }

    /// <summary>The folder that a run file names; when there is none, the model of that name in the Hugging Face cache.</summary>
    private static string Published(string folder, string text) =>
        !Directory.Exists(folder) && HubName.Parse(text) is { } name && new HubCache(HubSettings.FromEnvironment().CacheFolder).Find(name) is { } found ? found : folder;

    private static StageConfig ReadStage(RunFields fields, Func<string, string> full, int sequenceLength)
    {
        int steps = fields.Whole("steps");
        RunFields? mtp = fields.OptionalObject("mtp");
        double lambda = mtp?.Number("lambda") ?? 0;
        PolicyConfig? policy = fields.OptionalObject("reinforcement") is { } reinforcement ? PolicyReader.Read(reinforcement, full, sequenceLength) : null;
        PreferenceConfig? preference = policy is null && fields.OptionalObject("preference") is { } pairs ? ReadPreference(pairs, full) : null;
        bool isSupervised = policy is null && preference is null;
        var stage = new StageConfig
        {
            Name = fields.Text("name"),
            Data = isSupervised ? ReadData(fields.Object("data"), full) : null,
            Policy = policy,
            Preference = preference,
            Steps = steps,
            StepTokens = policy is not null ? (long)policy.Prompts * policy.Samples * policy.MaxTokens
                : preference is not null ? 2L * preference.Pairs * sequenceLength
                : fields.Whole("step_tokens", least: sequenceLength),
            LearningRate = fields.Number("learning_rate"),
            Schedule = ReadSchedule(fields.Object("schedule"), steps),
            Loss = isSupervised && fields.OptionalObject("loss") is { } loss ? SupervisedSettings.Read(loss, full) : new SupervisedSettings(),
            MtpLambda = lambda,
            MtpLateLambda = mtp?.Number("late_lambda", lambda) ?? 0,
            MtpLateFrom = mtp?.Number("late_from", 1, most: 1) ?? 1,
        };
        mtp?.Done();
        fields.Done();
        return stage;
    }

    private static DataConfig ReadData(RunFields fields, Func<string, string> full)
    {
        DataConfig data = fields.Choice("kind", null, "text", "examples", "jsonl", "parquet", "mixture") == "mixture"
            ? new DataConfig
            {
                Kind = "mixture",
                Parts = [.. fields.Objects("parts").Select(p => ReadPart(p, full))],
                LearnsPrompts = fields.Choice("loss", "answers", "answers", "all") == "all",
            }
            : ReadSource(fields, full, fields.Choice("kind", null, "text", "examples", "jsonl", "parquet"), isPart: false);
        fields.Done();
        return data;
    }

    private static PreferenceConfig ReadPreference(RunFields fields, Func<string, string> full)
    {
        var preference = new PreferenceConfig
        {
            Loss = fields.OptionalObject("loss") is { } loss ? PreferenceSettings.Read(loss) : new PreferenceSettings(),
            Pairs = fields.Whole("pairs", most: 1 << 20),
            Files = [.. fields.Texts("files").Select(full)],
            HeldOut = fields.Number("held_out", 0, most: 0.5),
            ReferenceFree = fields.Flag("reference_free", false),
        };
        fields.Done();
        return preference;
    }

    private static (DataConfig Data, double Weight) ReadPart(RunFields fields, Func<string, string> full)
    {
        double weight = fields.Number("weight", least: 1e-6);
        DataConfig data = ReadSource(fields, full, fields.Choice("kind", null, "examples", "jsonl", "parquet"), isPart: true);
        fields.Done();
        return (data, weight);
    }

    internal static ConversationColumns ReadColumns(RunFields? fields)
    {
        if (fields is null)
        {
            return new ConversationColumns();
        }

        string? Name(string field) => fields.Has(field) ? fields.Text(field) : null;
        var columns = new ConversationColumns
        {
            Prompt = Name("prompt"),
            Answer = Name("answer"),
            Reasoning = Name("reasoning"),
            AnswerAfter = Name("answer_after"),
        };
        fields.Done();
        return columns;
    }

    private static DataConfig ReadSource(RunFields fields, Func<string, string> full, string kind, bool isPart) => new()
    {
        Kind = kind,
        Columns = kind is "jsonl" or "parquet" ? ReadColumns(fields.OptionalObject("columns")) : new ConversationColumns(),
        Files = kind == "examples" ? [] : [.. fields.Texts("files").Select(full)],
        Source = kind == "examples" ? fields.Text("source") : "",
        Families = kind == "examples" ? fields.Weights("families") : new Dictionary<string, double>(),
        Worked = kind == "examples" && fields.Has("worked") ? fields.Number("worked", most: 1) : null,
        Level = kind == "examples" && fields.Has("level") ? fields.Whole("level", least: 0) : null,
        LearnsPrompts = kind != "text" && !isPart && fields.Choice("loss", "answers", "answers", "all") == "all",
        HeldOut = kind == "examples" ? 0 : fields.Number("held_out", 0, most: 0.5),
    };

    private static Schedule ReadSchedule(RunFields fields, int steps)
    {
        string kind = fields.Choice("kind", null, "constant", "cosine", "linear", "wsd", "cuts", "stages");
        int warmup = fields.Whole("warmup", 0, least: 0, most: steps);
        Schedule schedule = kind switch
        {
            "cosine" => new CosineSchedule(steps, fields.Number("min_ratio", 0.1, most: 1)),
            "linear" => new LinearSchedule(steps, fields.Number("min_ratio", 0, most: 1)),
            "wsd" => ReadStableDecay(fields, steps, warmup),
            "cuts" => new CutSchedule(steps, fields.Number("multiplier", 0.316, most: 1), fields.Numbers("cuts")),
            "stages" => ReadStaged(fields, warmup),
            _ => new ConstantSchedule(),
        };
        fields.Done();
        return schedule with { Warmup = warmup };
    }

    private static StableDecaySchedule ReadStableDecay(RunFields fields, int steps, int warmup)
    {
        var shape = Enum.Parse<DecayShape>(fields.Choice("shape", "linear", "linear", "sqrt", "cosine", "exponential"), ignoreCase: true);
        double least = shape == DecayShape.Exponential ? 1e-9 : 0;
        return new StableDecaySchedule(
            steps, fields.Whole("decay", least: 0, most: steps - warmup), fields.Number("min_ratio", Math.Max(least, 0), least, 1), shape);
    }

    private static StagedSchedule ReadStaged(RunFields fields, int warmup)
    {
        List<ScheduleStage> stages = [];
        int from = warmup;
        foreach (RunFields stage in fields.Objects("stages"))
        {
            int until = stage.Whole("until", least: from + 1);
            double begin = stage.Number("from");
            stages.Add(new ScheduleStage(
                until,
                begin,
                stage.Number("to", begin),
                stage.Choice("shape", "linear", "linear", "cosine") == "cosine" ? StageShape.Cosine : StageShape.Linear));
            stage.Done();
            from = until;
        }

        return new StagedSchedule(stages);
    }
}
