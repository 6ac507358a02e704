using System.Numerics;

namespace Razum.Training.Tasks;

/// <summary>
/// What one of the people says. A world is a bit mask: bit i is set when person i is a knight.
/// </summary>
internal readonly struct KnightStatement
{
    private readonly StatementKind _kind;
    private readonly int _speaker;
    private readonly int _other;
    private readonly bool _claim;
    private readonly int _knights;
    private readonly int _people;

    /// <summary>A random statement of <paramref name="speaker"/>, one of <paramref name="people"/>.</summary>
    public KnightStatement(ref TaskRandom random, int speaker, int people)
    {
        _people = people;
        _speaker = speaker;
        _other = (speaker + random.Next(1, people - 1)) % people; // anyone but the speaker
        _kind = (StatementKind)random.Next(0, 3);
        if (_kind is StatementKind.Is or StatementKind.Same)
        {
            _claim = random.Next(0, 1) == 1;
        }
        else if (_kind == StatementKind.Count)
        {
            _knights = random.Next(0, people);
        }
    }

    private enum StatementKind
    {
        /// <summary>The other is of the claimed kind.</summary>
        Is,

        /// <summary>The other is, or is not, of the speaker's kind.</summary>
        Same,

        /// <summary>The two are not both knights.</summary>
        NotBoth,

        /// <summary>There are exactly so many knights.</summary>
        Count,
    }

    /// <summary>Whether a knight could say it, and only a knight: what is said is true exactly when the speaker is a knight.</summary>
    public bool Fits(int world) => IsTrue(world) == IsKnight(world, _speaker);

    public string Text(string[] names) => _kind switch
    {
        StatementKind.Is => $"{names[_other]} is a {(_claim ? "knight" : "knave")}",
        StatementKind.Same => $"{names[_other]} and I are {(_claim ? "the same kind" : "different kinds")}",
        StatementKind.NotBoth => $"at least one of {names[_speaker]} and {names[_other]} is a knave",
        _ => $"exactly {_knights} of us {(_knights == 1 ? "is a knight" : "are knights")}",
    };

    public static bool IsKnight(int world, int person) => ((world >> person) & 1) == 1;

    private bool IsTrue(int world) => _kind switch
    {
        StatementKind.Is => IsKnight(world, _other) == _claim,
        StatementKind.Same => (IsKnight(world, _other) == IsKnight(world, _speaker)) == _claim,
        StatementKind.NotBoth => !(IsKnight(world, _other) && IsKnight(world, _speaker)),
        _ => BitOperations.PopCount((uint)world & ((1u << _people) - 1)) == _knights,
    };
}
