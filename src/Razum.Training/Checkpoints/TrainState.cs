using System.Text.Json;
using System.Text.Json.Serialization;
using Razum.Training.Loop;

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

    /// <summary>What the run has cost.</summary>
    public required Cost Cost { get; init; }

    /// <summary>Best held-out score of the present stage (<see cref="HeldOut.Score"/>); null before the first evaluation.</summary>
    public double? BestScore { get; init; }
}

/// <summary>Reads and writes <see cref="TrainState"/> without reflection.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(TrainState))]
internal sealed partial class TrainStateJson : JsonSerializerContext;
