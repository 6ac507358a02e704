using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Razum.Training.Tasks;

/// <summary>
/// Dates (proleptic Gregorian calendar, 1900 to 2099 with extra ends of February) and times of day, in five kinds of question:
/// a date some days away, the days between two dates, a weekday, a time some minutes later, the minutes to the next such time.
/// </summary>
internal sealed partial class DateTimeTask : SolvedTask
{
    private const int MinutesOfDay = 1440;
    private const string DateFormat = "yyyy-MM-dd";

    public override string Name => "date_time";

    public override IReadOnlyList<int> Levels { get; } = [1, 7, 31];

    public override TaskProblem Generate(ref TaskRandom random)
    {
        string kind = random.Pick<string>(["plus", "between", "weekday", "clock", "duration"]);
        DateOnly date = new DateOnly(1900, 1, 1).AddDays(random.Next(0, 73000));
        if (random.NextDouble() < 0.25)
        {
            date = new DateOnly(random.Pick<int>([1900, 2000, 2023, 2024, 2096]), 2, 28);
        }

        return kind switch
        {
            "plus" => AskDate(date, random.Pick<int>([-1, 1]) * random.Next(1, 400)),
            "between" => AskDays(date, date.AddDays(random.Next(-900, 900))),
            "weekday" => Problem($"weekday of {Write(date)}=?", new JsonObject { ["kind"] = kind, ["date"] = Write(date) }),
            "clock" => AskTime(random.Next(0, MinutesOfDay - 1), random.Next(1, MinutesOfDay - 1)),
            _ => AskMinutes(random.Next(0, MinutesOfDay - 1), random.Next(1, MinutesOfDay - 1)),
        };
    }

    /// <summary>1 for a time of day, else the months that are crossed; a weekday counts as 2.</summary>
    public override int Size(JsonObject truth) => truth.Text("kind") switch
    {
        "plus" => 1 + (Math.Abs(truth.Integer("days")) / 30),
        "between" => 1 + (Math.Abs(ReadDate(truth, "to").DayNumber - ReadDate(truth, "from").DayNumber) / 30),
        "weekday" => 2,
        "clock" or "duration" => 1,
        _ => throw UnknownKind(truth),
    };

    public override JsonValue Solve(JsonObject truth) => JsonValue.Create(truth.Text("kind") switch
    {
        "plus" => Write(ReadDate(truth, "date").AddDays(truth.Integer("days"))),
        "between" => (ReadDate(truth, "to").DayNumber - ReadDate(truth, "from").DayNumber).ToString(CultureInfo.InvariantCulture),
        "weekday" => ReadDate(truth, "date").DayOfWeek.ToString(),
        "clock" => WriteTime(ReadTime(truth, "start") + truth.Integer("minutes")),
        "duration" => ((ReadTime(truth, "to") - ReadTime(truth, "from") + MinutesOfDay) % MinutesOfDay).ToString(CultureInfo.InvariantCulture),
        _ => throw UnknownKind(truth),
    });

    protected override bool IsWellFormed(string answer, JsonObject truth) => truth.Text("kind") switch
    {
        "plus" => Date().IsMatch(answer),
        "between" => Days().IsMatch(answer),
        "weekday" => Weekday().IsMatch(answer),
        "clock" => Time().IsMatch(answer),
        "duration" => Minutes().IsMatch(answer),
        _ => throw UnknownKind(truth),
    };

    private TaskProblem AskDate(DateOnly date, int days) => Problem(
        $"{Write(date)} {(days > 0 ? "plus" : "minus")} {Math.Abs(days)} days=?",
        new JsonObject { ["kind"] = "plus", ["date"] = Write(date), ["days"] = days });

    private TaskProblem AskDays(DateOnly from, DateOnly to) => Problem(
        $"days from {Write(from)} to {Write(to)}=?",
        new JsonObject { ["kind"] = "between", ["from"] = Write(from), ["to"] = Write(to) });

    private TaskProblem AskTime(int start, int minutes) => Problem(
        $"{WriteTime(start)} plus {minutes / 60} h {minutes % 60} min=?",
        new JsonObject { ["kind"] = "clock", ["start"] = WriteTime(start), ["minutes"] = minutes });

    private TaskProblem AskMinutes(int start, int minutes) => Problem(
        $"minutes from {WriteTime(start)} to {WriteTime(start + minutes)} (the next one)=?",
        new JsonObject { ["kind"] = "duration", ["from"] = WriteTime(start), ["to"] = WriteTime(start + minutes) });

    private static string Write(DateOnly date) => date.ToString(DateFormat, CultureInfo.InvariantCulture);

    private static string WriteTime(int minutes) => $"{minutes / 60 % 24:00}:{minutes % 60:00}";

    private static DateOnly ReadDate(JsonObject truth, string name) =>
        DateOnly.TryParseExact(truth.Text(name), DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date)
            ? date
            : throw new InvalidDataException($"truth: field '{name}' is not a date");

    private static int ReadTime(JsonObject truth, string name) =>
        TimeOnly.TryParseExact(truth.Text(name), "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly time)
            ? (time.Hour * 60) + time.Minute
            : throw new InvalidDataException($"truth: field '{name}' is not a time of day");

    private static InvalidDataException UnknownKind(JsonObject truth) => new($"truth: unknown kind '{truth.Text("kind")}'");

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Date();

    [GeneratedRegex(@"^(?:0|-?[1-9][0-9]{0,9})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Days();

    [GeneratedRegex(@"^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\z", RegexOptions.CultureInvariant)]
    private static partial Regex Weekday();

    [GeneratedRegex(@"^[0-2][0-9]:[0-5][0-9]\z", RegexOptions.CultureInvariant)]
    private static partial Regex Time();

    [GeneratedRegex(@"^(?:0|[1-9][0-9]{0,9})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Minutes();
}
