using Razum.Models;
using Razum.Tensors;

namespace Razum.Inference;

/// <summary>
/// What the weights of a model take of this process's own memory, beside the files they are mapped from: vectors and other values that are copied while they
/// are loaded, and the copies that products read. Formats without such copies (FP8, and blocks that are unpacked on the way) take none.
/// </summary>
/// <param name="Placement">Where products read.</param>
/// <param name="Pending">Bytes that are still to be taken; what a model that is made only as a shape would take in all.</param>
internal readonly record struct WeightPlan(WeightPlacement Placement, long Pending)
{
    /// <summary>The first placement, fastest first, that fits <paramref name="room"/> bytes; the smallest if none does.</summary>
    /// <param name="decoder">The model, or its shape with the formats of its weights.</param>
    /// <param name="options">The engine.</param>
    /// <param name="room">Bytes there are for weights.</param>
    public static WeightPlan Choose(Decoder decoder, EngineOptions options, long room)
    {
        WeightPlan best = Of(decoder, options, options.Placement ?? WeightPlacement.Packed);
        if (options.Placement is not null)
        {
            return best;
        }

        foreach (WeightPlacement next in (ReadOnlySpan<WeightPlacement>)[WeightPlacement.ExpertsInPlace, WeightPlacement.InPlace])
        {
            if (best.Pending <= room)
            {
                break;
            }

            WeightPlan plan = Of(decoder, options, next);
            best = plan.Pending < best.Pending ? plan : best;
        }

        return best;
    }

    /// <summary>The plan with a placement.</summary>
    public static WeightPlan Of(Decoder decoder, EngineOptions options, WeightPlacement placement)
    {
        long pending = 0;
        foreach (Weight weight in decoder.Parameters)
        {
            pending += weight.BlockScales?.PendingBytes ?? 0;
            bool isUsed = IsUsed(decoder, weight, options);
            if (isUsed || weight.IsVector)
            {
                pending += weight.PendingBytes;
            }

            if (isUsed && !Stays(weight, placement, options.Arithmetic))
            {
                pending += CopyBytes(decoder, weight, options.Arithmetic);
            }
        }

        return new WeightPlan(placement, pending);
    }

    /// <summary>
    /// Makes products read where the plan says. Copies that exist already stay in use; and what one engine reads in place, others over the same model do too, for a
    /// product must not lose its copies while it runs.
    /// </summary>
    /// <param name="decoder">The model.</param>
    /// <param name="options">The engine.</param>
    /// <param name="pages">Bytes of memory that files can have.</param>
    public void Apply(Decoder decoder, EngineOptions options, long pages)
    {
        bool leaves = ReadFromFiles(decoder, options) > pages;
        foreach (Weight weight in decoder.Parameters)
        {
            weight.StaysInPlace |= weight.Packed is null && weight.Tiles is null && Stays(weight, Placement, options.Arithmetic);
            weight.LeavesMemory |= leaves && ReadsFile(decoder, weight, options);
        }
    }

    /// <summary>Bytes of the weights that products read from their files.</summary>
    public long ReadFromFiles(Decoder decoder, EngineOptions options)
    {
        WeightPlan plan = this;
        return decoder.Parameters.Where(w => IsUsed(decoder, w, options) && decoder.IsMultiplied(w) && plan.ReadsFile(decoder, w, options)).Sum(w => w.StoredBytes);
    }

    /// <summary>Bytes of this process's own memory that weights take already.</summary>
    public static long Taken(Decoder decoder) => decoder.Parameters.Sum(w => OwnBytes(w) + (w.BlockScales is { } scales ? OwnBytes(scales) : 0));

    /// <summary>Whether products read a weight from its file: by the placement, or because its format has no other way.</summary>
    public bool ReadsFile(Decoder decoder, Weight weight, EngineOptions options) =>
        weight.IsMapped && (Stays(weight, Placement, options.Arithmetic) || CopyFormat(decoder, weight, options.Arithmetic) is null);

    /// <summary>Whether a weight is one of the layer of multi-token prediction.</summary>
    public static bool IsAhead(Decoder decoder, Weight weight) => decoder.Mtp is not null && weight.Name.StartsWith(MtpPrefix(decoder), StringComparison.Ordinal);

    /// <summary>The layer of multi-token prediction is run by an engine that drafts with it alone.</summary>
    private static bool IsUsed(Decoder decoder, Weight weight, EngineOptions options) => options.Speculation == SpeculationKind.Mtp || !IsAhead(decoder, weight);

    private static string MtpPrefix(Decoder decoder) => $"model.layers.{decoder.Config.NumHiddenLayers}.";

    /// <summary>Products in BF16 have no way to read F32 and BF16 where they are.</summary>
    private static bool Stays(Weight weight, WeightPlacement placement, Arithmetic arithmetic)
    {
        bool can = weight.IsMapped && (arithmetic != Arithmetic.BF16 || weight.Format is not (WeightFormat.F32 or WeightFormat.BF16));
        return can && placement switch
        {
            WeightPlacement.InPlace => true,
            WeightPlacement.ExpertsInPlace => weight.Name.Contains(".experts.", StringComparison.Ordinal),
            _ => false,
        };
    }

    private static long OwnBytes(Weight weight) => weight.IsMapped || weight.PendingBytes > 0 ? 0 : weight.StoredBytes;

    /// <summary>Bytes that the copy of a weight will take that does not exist yet. A copy's rows come 32 at a time.</summary>
    private static long CopyBytes(Decoder decoder, Weight weight, Arithmetic arithmetic) =>
        weight.Tiles is null && weight.Packed is null && weight.Pairs.Length == 0 && CopyFormat(decoder, weight, arithmetic) is { } format
            ? MemoryRoom.Bytes((weight.Rows + 31L) / 32 * 32 * weight.Columns, format)
            : 0;

    /// <summary>Format of the copy that products read a weight from; null where they read its values as they are stored, or nothing multiplies with it.</summary>
    private static WeightFormat? CopyFormat(Decoder decoder, Weight weight, Arithmetic arithmetic) =>
        !decoder.IsMultiplied(weight) || weight.Format == WeightFormat.F8_E4M3 ? null
        : weight.Blocks is { } blocks ? blocks.HasTiles && !weight.KeepsActivations ? weight.Format : null
        : arithmetic == Arithmetic.BF16 && weight.Format != WeightFormat.F16 ? WeightFormat.BF16
        : weight.Format;
}
