namespace Razum.Tensors.Machine;

/// <summary>What some threads reach at most, as measured: operations per second (2 for a multiply-add) and bytes per second.</summary>
public sealed record MachinePeaks
{
    public required int Threads { get; init; }

    /// <summary>F32 multiply-adds with the widest vectors.</summary>
    public required double Float32 { get; init; }

    /// <summary>BF16 products summed in F32; 0 where the processor has no instruction for it or no machine code runs.</summary>
    public required double BFloat16 { get; init; }

    /// <summary>8-bit products summed in 32 bits; 0 as above.</summary>
    public required double Int8 { get; init; }

    /// <summary>Reading memory far larger than the caches, one sequential stream per thread.</summary>
    public required double ReadBandwidth { get; init; }

    /// <summary>The same with four streams per thread; 0 if not measured.</summary>
    public double ReadBandwidthOfFourStreams { get; init; }

    /// <summary>Operations per second of one kind of products.</summary>
    public double Of(Products products) => products switch
    {
        Products.BF16 => BFloat16,
        Products.Int8 => Int8,
        _ => Float32,
    };
}
