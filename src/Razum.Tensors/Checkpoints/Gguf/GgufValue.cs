using System.Globalization;

namespace Razum.Tensors.Checkpoints.Gguf;

/// <summary>
/// One piece of metadata: a number, a truth value, a text, or a list of one of these. Its .NET type says which: byte to double, bool, string, and arrays of
/// them, as in the file.
/// </summary>
public sealed class GgufValue
{
    private static readonly (Type Type, GgufType Gguf)[] s_types =
    [
        (typeof(byte), GgufType.UInt8), (typeof(sbyte), GgufType.Int8), (typeof(ushort), GgufType.UInt16), (typeof(short), GgufType.Int16),
        (typeof(uint), GgufType.UInt32), (typeof(int), GgufType.Int32), (typeof(float), GgufType.Float32), (typeof(bool), GgufType.Bool),
        (typeof(string), GgufType.String), (typeof(ulong), GgufType.UInt64), (typeof(long), GgufType.Int64), (typeof(double), GgufType.Float64),
    ];

    /// <exception cref="ArgumentException">The value is of none of the types of metadata.</exception>
    public GgufValue(object value)
    {
        Value = value;
        ElementType = value is Array ? TypeOf(value.GetType().GetElementType()!) : TypeOf(value.GetType());
    }

    /// <summary>The number, truth value, text or array.</summary>
    public object Value { get; }

    /// <summary>The type of the value; of its elements if it is a list.</summary>
    public GgufType ElementType { get; }

    public bool IsList => Value is Array;

    /// <summary>A whole number, of whatever type; null if it is none or does not fit.</summary>
    public long? Whole => Value switch
    {
        byte v => v,
        sbyte v => v,
        ushort v => v,
        short v => v,
        uint v => v,
        int v => v,
        long v => v,
        ulong v and <= long.MaxValue => (long)v,
        _ => null,
    };

    /// <summary>A number, of whatever type; null if it is none. An F32 number becomes the double with its shortest decimal form: 1e-6 is 1e-6.</summary>
    public double? Number => Value switch
    {
        float v => double.Parse(v.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
        double v => v,
        _ => Whole,
    };

    private static GgufType TypeOf(Type type)
    {
        foreach ((Type known, GgufType gguf) in s_types)
        {
            if (known == type)
            {
                return gguf;
            }
        }

        throw new ArgumentException($"metadata cannot be of type {type.Name}", nameof(type));
    }
}
