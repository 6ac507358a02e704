using Razum.Tensors.Simd;
using Razum.Training.Data;
using Razum.Training.Runs;

namespace Razum.Training.Loop;

/// <summary>What is not part of a run's identity: the machine and who watches.</summary>
public sealed record TrainOptions
{
    /// <summary>Threads; 0 means one per processor. Results do not depend on it.</summary>
    public int Threads { get; init; }

    /// <summary>Vector instructions; null means the default of this machine.</summary>
    public InstructionSet? InstructionSet { get; init; }

    /// <summary>Sources of examples by name, made from the data settings and the seed of the run.</summary>
    public IReadOnlyDictionary<string, Func<DataConfig, int, ConversationSource>> Sources { get; init; } =
        new Dictionary<string, Func<DataConfig, int, ConversationSource>>();

    /// <summary>Whether pictures of the run are drawn with every checkpoint.</summary>
    public bool Plots { get; init; } = true;

    /// <summary>Called with what a run of adapters will take of the memory, before anything is loaded.</summary>
    public Action<string>? Memory { get; init; }

    /// <summary>Called with what a person should know of the data, before the first step.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Called with how good the model is before a stage of reinforcement learning.</summary>
    public Action<HeldOut>? Before { get; init; }

    /// <summary>Called after every step.</summary>
    public Action<TrainProgress>? Progress { get; init; }
}
