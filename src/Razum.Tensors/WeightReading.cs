namespace Razum.Tensors;

/// <summary>How products read the values of a weight.</summary>
internal enum WeightReading
{
    /// <summary>From <see cref="PackedWeight"/>, widened to F32 as they are loaded.</summary>
    Panels,

    /// <summary>From <see cref="Formats.BlockTiles"/>, as integers.</summary>
    Tiles,

    /// <summary>From the stored blocks, put into tiles panel by panel on the way.</summary>
    Stored,

    /// <summary>Row by row from the stored bytes, made F32 on the way.</summary>
    Unpacked,
}
