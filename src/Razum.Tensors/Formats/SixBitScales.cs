namespace Razum.Tensors.Formats;

/// <summary>
/// Eight scales and eight minima of six bits in twelve bytes (Q4_K, Q5_K). Parts 0 to 3 have bytes of their own; of parts 4 to 7 the low four bits share a
/// byte and the upper two fill the others.
/// </summary>
internal static unsafe class SixBitScales
{
    internal static byte Scale(byte* packed, int part) =>
        (byte)(part < 4 ? packed[part] & 63 : (packed[part + 4] & 15) | (packed[part - 4] >> 6 << 4));

    internal static byte Minimum(byte* packed, int part) =>
        (byte)(part < 4 ? packed[part + 4] & 63 : (packed[part + 4] >> 4) | (packed[part] >> 6 << 4));

    /// <summary>Writes into bytes that were zeros, parts in ascending order.</summary>
    internal static void Write(byte* packed, int part, int scale, int minimum)
    {
        if (part < 4)
        {
            packed[part] = (byte)scale;
            packed[part + 4] = (byte)minimum;
        }
        else
        {
            packed[part + 4] = (byte)((scale & 15) | ((minimum & 15) << 4));
            packed[part - 4] |= (byte)(scale >> 4 << 6);
            packed[part] |= (byte)(minimum >> 4 << 6);
        }
    }
}
