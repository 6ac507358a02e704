using System.Text.Json;
using Razum.Training.Schedules;

namespace Razum.Tests.Training.Schedules;

/// <summary>Every schedule of our own form against the reference's values; the library forms that start at rate 0 (hf_*) are not ours.</summary>
public sealed class ScheduleTests
{
    public static IEnumerable<TheoryDataRow<string>> Cases =>
        Goldens.Cases("train/optim").Where(c => Path.GetFileName(c).StartsWith("schedules", StringComparison.Ordinal)).Select(c => new TheoryDataRow<string>(c));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Factors_are_the_reference_s(string folder)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        using JsonDocument description = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        double tolerance = description.RootElement.GetProperty("tolerance").GetProperty("*").GetProperty("rtol").GetDouble();
        foreach (JsonProperty row in document.RootElement.GetProperty("values").EnumerateObject().Where(r => !r.Name.StartsWith("hf_", StringComparison.Ordinal)))
        {
            JsonElement settings = document.RootElement.GetProperty("settings").GetProperty(row.Name);
            (Schedule schedule, double peak) = Make(row.Name, settings);
            double worst = 0;
            int step = 0;
            foreach (JsonElement value in row.Value.EnumerateArray())
            {
                double want = value.GetDouble();
                double got = peak * schedule.Factor(step++);
                worst = Math.Max(worst, want == 0 ? Math.Abs(got) : Math.Abs(got - want) / Math.Abs(want));
            }

            Goldens.Report(Path.GetFileName(folder), row.Name, worst, tolerance);
            Assert.True(worst <= tolerance, $"{row.Name}: {worst} > {tolerance}");
        }
    }

    [Fact]
    public void A_constant_schedule_only_warms_up()
    {
        var schedule = new ConstantSchedule { Warmup = 4 };
        Assert.Equal([0.25, 0.5, 0.75, 1, 1], Enumerable.Range(0, 5).Select(schedule.Factor));
    }

    private static (Schedule Schedule, double Peak) Make(string name, JsonElement s)
    {
        int Int(string key) => s.GetProperty(key).GetInt32();
        double Number(string key) => s.GetProperty(key).GetDouble();
        if (name.StartsWith("wsd_", StringComparison.Ordinal))
        {
            return (new StableDecaySchedule(Int("T"), Int("D"), Number("r"), Enum.Parse<DecayShape>(name[4..], ignoreCase: true)) { Warmup = Int("W") }, 1);
        }

        switch (name)
        {
            case "cosine":
                return (new CosineSchedule(Int("T"), Number("r")) { Warmup = Int("W") }, 1);
            case "linear":
                return (new LinearSchedule(Int("T"), 0) { Warmup = Int("W") }, 1);
            case "v2_steps":
                return (new CutSchedule(Int("T"), Number("m"), [.. s.GetProperty("cuts").EnumerateArray().Select(c => c.GetDouble())]) { Warmup = Int("W") }, 1);
            case "v3":
                double low = Number("low") / Number("peak");
                double last = Number("last") / Number("peak");
                ScheduleStage[] stages =
                    [new(Int("C"), 1, 1), new(Int("E"), 1, low, StageShape.Cosine), new(Int("F"), low, low), new(Int("F") + 1, last, last)];
                return (new StagedSchedule(stages) { Warmup = Int("W") }, Number("peak"));
            default:
                throw new InvalidDataException($"no schedule {name}");
        }
    }
}
