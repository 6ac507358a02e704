namespace Razum.Training.Tasks;

/// <summary>
/// A word problem with gaps: {n} {m} {k} are three different people, {o} is an object (its plural takes an s), every other gap is a formula over the variables.
/// </summary>
/// <param name="Text">The story.</param>
/// <param name="Variables">The variables and their ranges.</param>
/// <param name="Formula">The answer.</param>
/// <param name="Steps">How many operations a solver needs.</param>
internal sealed record WordTemplate(string Text, WordVariable[] Variables, string Formula, int Steps)
{
    /// <summary>All templates; their place is their number in the truth.</summary>
    public static IReadOnlyList<WordTemplate> All { get; } =
    [
        new(
            "{n} has {a} {o}s and buys {b} more. How many {o}s does {n} have now?",
            [new('a', 3, 60), new('b', 2, 40)],
            "a+b",
            1),
        new(
            "{n} had {a} {o}s and gave {b} to {m}. How many {o}s are left?",
            [new('a', 20, 90), new('b', 2, 19)],
            "a-b",
            1),
        new(
            "Each box holds {a} {o}s. How many {o}s are in {b} boxes?",
            [new('a', 3, 25), new('b', 2, 20)],
            "a*b",
            1),
        new(
            "{n} shares {a*b} {o}s equally among {b} friends. How many {o}s does each friend get?",
            [new('a', 2, 20), new('b', 2, 12)],
            "a",
            1),
        new(
            "{n} reads {a} pages a day. How many pages does {n} read in {b} weeks?",
            [new('a', 4, 40), new('b', 2, 9)],
            "a*b*7",
            2),
        new(
            "{n} buys {a} {o}s at {b} coins each and pays with {a*b+c} coins. How many coins of change does {n} get?",
            [new('a', 2, 12), new('b', 2, 15), new('c', 1, 50)],
            "c",
            2),
        new(
            "{n} has {a} {o}s, {m} has {b} times as many. How many {o}s do they have together?",
            [new('a', 2, 25), new('b', 2, 9)],
            "a+a*b",
            2),
        new(
            "A shop has {a} shelves with {b} {o}s each. {c} {o}s are sold. How many remain?",
            [new('a', 3, 12), new('b', 5, 20), new('c', 1, 14)],
            "a*b-c",
            2),
        new(
            "{n} is {a} years old. {m} is {b} years younger. How old will {m} be in {c} years?",
            [new('a', 20, 70), new('b', 2, 19), new('c', 2, 20)],
            "a-b+c",
            2),
        new(
            "A train travels {a} km an hour for {b} hours and then {c} km more. How far does it go?",
            [new('a', 40, 120), new('b', 2, 9), new('c', 5, 95)],
            "a*b+c",
            2),
        new(
            "{n} picks {a} {o}s on Monday, twice as many on Tuesday and {b} fewer than on Tuesday on Wednesday. How many in all three days?",
            [new('a', 10, 40), new('b', 1, 9)],
            "a+2*a+2*a-b",
            3),
        new(
            "{n} earns {a} coins a day and spends {b} a day. How many coins does {n} save in {c} days?",
            [new('a', 20, 80), new('b', 2, 19), new('c', 3, 20)],
            "(a-b)*c",
            2),
        new(
            "{a} buses carry {b} children each and {c} cars carry {d} children each. How many children travel?",
            [new('a', 2, 8), new('b', 20, 50), new('c', 2, 9), new('d', 2, 5)],
            "a*b+c*d",
            3),
        new(
            "A rectangle is {a} m long and {b} m wide. A fence around it costs {c} coins a metre. What does the fence cost?",
            [new('a', 5, 40), new('b', 3, 30), new('c', 2, 9)],
            "2*(a+b)*c",
            3),
        new(
            "{n} bakes {a} trays of {b} {o}s. A quarter of them, {a*b//4}, burn. The rest are packed in bags of {c}. How many full bags are there?",
            [new('a', 4, 12, 4), new('b', 6, 16), new('c', 2, 6)],
            "(a*b-a*b//4)//c",
            3),
        new(
            "{n} has {a} {o}s. {m} has {b} more than {n}, and {k} has half as many as {n} and {m} together. How many does {k} have?",
            [new('a', 5, 40), new('b', 2, 30, 2)],
            "(a+a+b)//2",
            3),
        new(
            "{n} buys {a} {o}s for {b} coins each and sells them for {c} coins each more. After paying {d} coins for the stall, what is the profit?",
            [new('a', 10, 30), new('b', 2, 9), new('c', 3, 9), new('d', 1, 25)],
            "a*c-d",
            3),
        new(
            "A tank holds {a*10} litres. {b} litres flow in and {c} flow out every minute. "
            + "It starts with {a} litres. How many litres are in it after {d} minutes?",
            [new('a', 50, 90), new('b', 8, 15), new('c', 1, 7), new('d', 2, 20)],
            "a+(b-c)*d",
            3),
        new(
            "{n} walks {a} steps to school and {a} steps back on {b} days a week for {c} weeks, and {d} steps more on each Sunday. How many steps in all?",
            [new('a', 100, 900), new('b', 2, 6), new('c', 2, 8), new('d', 50, 500)],
            "2*a*b*c+d*c",
            4),
        new(
            "{a} workers each pack {b} boxes an hour for {c} hours. Each box holds {d} {o}s. {e} {o}s are damaged. How many good {o}s are packed?",
            [new('a', 2, 9), new('b', 2, 12), new('c', 2, 8), new('d', 3, 20), new('e', 1, 11)],
            "a*b*c*d-e",
            4),
    ];
}
