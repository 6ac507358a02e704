using Razum.Models.Adapters;
using Razum.Tensors;

namespace Razum.Training.Runs;

/// <summary>Reads what a run file says about adapters and their frozen base.</summary>
internal static class LoraReader
{
    private const int HighestRank = 1 << 14;

    /// <summary>The field <c>quantize</c> of the model.</summary>
    public static WeightFormat? ReadFormat(RunFields model)
    {
        string[] names = [.. WeightFormats.Quantised.Select(f => f.ToString().ToLowerInvariant())];
        return model.Has("quantize") ? Enum.Parse<WeightFormat>(model.Choice("quantize", null, names), ignoreCase: true) : null;
    }

    /// <summary>The object <c>lora</c>.</summary>
    public static LoraSettings Read(RunFields fields) => new()
    {
        Rank = fields.Whole("rank", most: HighestRank),
        Alpha = fields.Number("alpha"),
        Targets = [.. fields.Texts("targets").Distinct()],
        RankStabilised = fields.Flag("rslora", false),
    };

    /// <summary>Refuses what adapters over a frozen base leave no room for.</summary>
    /// <exception cref="InvalidDataException">A setting needs the weights themselves to be trained, or adapters that there are not.</exception>
    public static void Check(RunConfig run, RunFields fields)
    {
        if (run.Lora is null && run.Quantize is not null)
        {
            throw fields.Fault("model.quantize", "only a frozen base can be quantised: it needs lora");
        }

        if (run.Lora is null)
        {
            return;
        }

        if (run.ModelPath is null)
        {
            throw fields.Fault("lora", "adapters need a model.checkpoint to adapt");
        }

        if (run.BalanceSpeed > 0)
        {
            throw fields.Fault("balance", "bias_update_speed moves weights of the base, which lora keeps as they are");
        }

        for (int i = 0; i < run.Stages.Count; i++)
        {
            if (run.Stages[i].MtpLambda > 0 || run.Stages[i].MtpLateLambda > 0)
            {
                throw fields.Fault($"stages[{i}].mtp", "the layer of multi-token prediction gets no adapters");
            }

            if (run.Stages[i].Policy is { ReferenceRefresh: > 0 })
            {
                throw fields.Fault($"stages[{i}].reinforcement.reference_refresh", "with lora the reference is the base itself, which never changes");
            }
        }
    }
}
