using System.Text.Json;
using System.Text.Json.Serialization;

namespace Razum.Training.Checkpoints;

/// <summary>Where a run stands: with the masters and moments beside it, all that a resumed run needs.</summary>
public sealed record TrainState
{
    /// <summary>Identity of the run: its file, its data and its tokenizer.</summary>
    public required string Run { get; init; }

    /// <summary>Steps done, all stages.</summary>
    public required int Step { get; init; }

    /// <summary>Optimiser updates done.</summary>
    public required int Updates { get; init; }

    /// <summary>Number of the next sequence of the present stage.</summary>
    public required long NextSequence { get; init; }

    /// <summary>Tokens seen, all stages.</summary>
    public required long Tokens { get; init; }

    /// <summary>Lowest held-out loss of the present stage; null before the first evaluation.</summary>
    public double? BestLoss { get; init; }
}

/// <summary>Reads and writes <see cref="TrainState"/> without reflection.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(TrainState))]
internal sealed partial class TrainStateJson : JsonSerializerContext;
