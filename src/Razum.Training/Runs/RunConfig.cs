using Razum.Models;
using Razum.Models.Adapters;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Training.Optimizers;

namespace Razum.Training.Runs;

/// <summary>
/// A reproducible run: one committed JSON file (<c>runs/*.json</c>), read by <see cref="RunConfigReader"/>. Paths in it are relative to the file.
/// A run has one or more stages in sequence (pretraining, then fine-tuning) over the same weights and optimiser state.
/// </summary>
public sealed record RunConfig
{
    public required string Name { get; init; }

    /// <summary>Fixes weights, order of data and everything else.</summary>
    public required int Seed { get; init; }

    /// <summary>Folder of the checkpoint to start from (of one in the Hugging Face cache, if the run file named it so); null for a new model.</summary>
    public string? ModelPath { get; init; }

    /// <summary>Format that the frozen base of adapters is quantised to; null leaves it as it is.</summary>
    public WeightFormat? Quantize { get; init; }

    /// <summary>Adapters to train in place of the weights; null trains all weights.</summary>
    public LoraSettings? Lora { get; init; }

    /// <summary>Whether a model with the adapters merged into its weights is published beside them, in <c>merged</c>.</summary>
    public bool Merge { get; init; }

    /// <summary>The model to make, or what the checkpoint's <c>config.json</c> says.</summary>
    public required ModelConfig Model { get; init; }

    /// <summary>Folder of the tokenizer; null for the byte tokenizer.</summary>
    public string? TokenizerPath { get; init; }

    /// <summary>Folder for checkpoints, metrics and plots.</summary>
    public required string Output { get; init; }

    /// <summary>Longest sequence. Text is cut into sequences of this length; longer examples are left out.</summary>
    public required int SequenceLength { get; init; }

    /// <summary>Tokens computed at once. A step of more is added up from several micro-batches.</summary>
    public required int MicroBatchTokens { get; init; }

    /// <summary>What matrix products are computed in; master weights, gradients and optimiser are F32 either way.</summary>
    public Arithmetic Arithmetic { get; init; }

    /// <summary>AdamW, for all weights or, beside <see cref="Muon"/>, for those that are no hidden matrix.</summary>
    public required AdamWSettings AdamW { get; init; }

    /// <summary>Muon for the hidden matrices; null for AdamW alone.</summary>
    public MuonSettings? Muon { get; init; }

    /// <summary>In place of AdamW; null for AdamW.</summary>
    public SgdSettings? Sgd { get; init; }

    /// <summary>In place of AdamW; null for AdamW.</summary>
    public NAdamSettings? NAdam { get; init; }

    /// <summary>In place of AdamW; null for AdamW.</summary>
    public AdafactorSettings? Adafactor { get; init; }

    /// <summary>An average of the weights kept beside them and published in <c>average</c> at the end; null for none.</summary>
    public AverageSettings? Average { get; init; }

    /// <summary>gamma of the balancing bias; 0 leaves it.</summary>
    public double BalanceSpeed { get; init; }

    /// <summary>Whether the mean of a balancing step is taken off, so that biases do not drift together.</summary>
    public bool BalanceCentred { get; init; }

    /// <summary>alpha of the sequence-wise balance loss; 0 for none.</summary>
    public double BalanceAlpha { get; init; }

    /// <summary>Whether that loss counts experts by score + bias, as they are chosen, and not by score alone.</summary>
    public bool BalanceCountsChoices { get; init; }

    /// <summary>Whether activations are computed again in the backward pass instead of kept.</summary>
    public bool Recompute { get; init; }

    /// <summary>Steps between evaluations on held-out data; 0 for none.</summary>
    public int EvaluateEvery { get; init; }

    /// <summary>Held-out tokens per evaluation.</summary>
    public int EvaluateTokens { get; init; }

    /// <summary>Whether the model of the lowest held-out loss of the present stage is kept in <c>best</c>.</summary>
    public bool KeepBest { get; init; }

    /// <summary>Steps between checkpoints.</summary>
    public required int CheckpointEvery { get; init; }

    /// <summary>How many checkpoints stay.</summary>
    public int KeepCheckpoints { get; init; }

    /// <summary>Format of the published weights. Training itself always keeps F32.</summary>
    public ElementType Export { get; init; } = ElementType.BF16;

    public required IReadOnlyList<StageConfig> Stages { get; init; }

    /// <summary>SHA-256 of the file: a checkpoint belongs to exactly this run.</summary>
    public required string Hash { get; init; }

    /// <summary>Steps of all stages together.</summary>
    public int Steps => Stages.Sum(s => s.Steps);

    /// <summary>The optimiser that the run names, with the average of weights if there is to be one.</summary>
    public Optimizer MakeOptimizer(IEnumerable<Weight> weights, CpuOps ops)
    {
        Optimizer optimizer = MakePlainOptimizer(weights, ops);
        return Average is null ? optimizer : new AveragedOptimizer(optimizer, ops.Pool, Average);
    }

    private Optimizer MakePlainOptimizer(IEnumerable<Weight> weights, CpuOps ops) =>
        Muon is not null ? new Muon(weights, ops, Muon, AdamW)
        : Sgd is not null ? new Sgd(weights, ops.Pool, Sgd)
        : NAdam is not null ? new NAdam(weights, ops.Pool, NAdam)
        : Adafactor is not null ? new Adafactor(weights, ops.Pool, Adafactor)
        : new AdamW(weights, ops.Pool, AdamW);
}
