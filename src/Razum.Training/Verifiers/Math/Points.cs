using Razum.Training.Tasks;

namespace Razum.Training.Verifiers.Math;

/// <summary>
/// Values for variables at which expressions are compared: fixed by name and number. Fractions of either sign tell apart what is not the same; small
/// whole numbers are for what has values at them alone (n!, sums up to n).
/// </summary>
internal static class Points
{
    public const int Count = 12;

    private const int Positive = 3;
    private const int Signed = 6;

    public static Dictionary<string, Quantity> At(int number, IEnumerable<string> variables)
    {
        var point = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        int place = 0;
        foreach (string name in variables)
        {
            uint hash = (uint)((number * 7919) + (place * 104_729) + 12_345);
            foreach (char c in name)
            {
                hash = (hash ^ c) * 16777619;
            }

            hash ^= hash >> 13;
            Rational value = number >= Signed
                ? new Rational(2 + ((place + (int)(hash % 3) + ((number - Signed) * 2)) % 8), 1)
                : new Rational((3 + (hash % 211)) * (number >= Positive && (hash & 1024) != 0 ? -1 : 1), 7 + (number * 6));
            point[name] = new Quantity(value);
            place++;
        }

        return point;
    }
}
