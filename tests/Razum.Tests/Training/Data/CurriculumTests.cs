using Razum.Training.Data;
using Razum.Training.Runs;
using Razum.Training.Tasks;
using Razum.Training.Verifiers;

namespace Razum.Tests.Training.Data;

/// <summary>A curriculum: what is passed over, what comes more often, how levels open, and that its file is all it needs to go on.</summary>
public sealed class CurriculumTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Problems_outside_the_window_are_passed_over_but_tried_again_now_and_then()
    {
        var curriculum = new Curriculum(new CurriculumConfig { Low = 0.05, High = 0.95 }, seed: 1);
        var source = new Ten();
        Solve(curriculum, source, i => i switch { 0 => 0, 1 => 8, _ => 4 });
        curriculum.Begin();
        int[] counts = Count(curriculum, source, 4000);
        Assert.All(counts[2..], c => Assert.InRange(c, 430, 550)); // an eighth each, and a little is left for those outside
        Assert.All(counts[..2], c => Assert.InRange(c, 5, 60));
        Assert.InRange(curriculum.Figures.PassedOver, 0.17, 0.21); // 0.95 of two in ten
        Assert.InRange(curriculum.Figures.Rate!.Value, 0.48, 0.52);
    }

    [Fact]
    public void Hard_problems_come_in_proportion_to_how_often_they_fail()
    {
        var curriculum = new Curriculum(new CurriculumConfig { PreferHard = true }, seed: 1);
        var source = new Ten();
        Solve(curriculum, source, i => i == 0 ? 2 : 6);
        int[] counts = Count(curriculum, source, 4000);
        Assert.InRange((double)counts[0] / counts[1..].Average(), 2.5, 3.5); // (1 - 2/8) / (1 - 6/8)
    }

    [Fact]
    public void When_all_is_outside_something_is_still_asked()
    {
        var curriculum = new Curriculum(new CurriculumConfig { Low = 0.5, Retry = 0.001 }, seed: 1);
        var source = new Ten();
        Solve(curriculum, source, _ => 0);
        long next = 0;
        Assert.NotNull(curriculum.Draw(source, ref next));
        Assert.InRange(next, 1, 201);
    }

    [Fact]
    public void Levels_open_as_they_are_solved()
    {
        var curriculum = new Curriculum(new CurriculumConfig { High = 0.9, Levels = true, Retry = 0.02 }, seed: 1);
        var source = new ProceduralProblems(1, new Dictionary<string, double> { ["chain_mod100"] = 1 }, level: null);
        long next = 0;
        for (int level = 0; level < 3; level++)
        {
            DrawnProblem[] drawn = [.. Enumerable.Range(0, 60).Select(_ => curriculum.Draw(source, ref next))];
            Assert.All(drawn, d => Assert.True(LevelKey.Parse(d.Key)!.Value.Level <= level));
            Assert.InRange(drawn.Count(d => LevelKey.Parse(d.Key)!.Value.Level == level), 40, 60); // the solved ones below are passed over
            curriculum.Add(level + 1, drawn.Select(d => (d, 1, 1)));
        }

        Assert.Equal([("chain_mod100", 0, 1.0), ("chain_mod100", 1, 1.0), ("chain_mod100", 2, 1.0)], curriculum.Figures.Levels);
    }

    [Fact]
    public void The_file_is_all_it_needs_to_go_on()
    {
        var config = new CurriculumConfig { Low = 0.1, High = 0.9, PreferHard = true, Memory = 8, Window = 16 };
        var source = new Ten();
        (Curriculum first, Curriculum second) = (new Curriculum(config, 1), new Curriculum(config, 1));
        Solve(first, source, i => i);
        first.Write(_folder.File("rates.jsonl"));
        Assert.Equal(8, File.ReadAllLines(_folder.File("rates.jsonl")).Length);
        second.Read(_folder.File("rates.jsonl"));
        Assert.Equal(Count(first, source, 200), Count(second, source, 200));
        foreach (Curriculum curriculum in new[] { first, second })
        {
            Solve(curriculum, source, i => 8 - i, step: 2);
            curriculum.Write(_folder.File(curriculum == first ? "first" : "second"));
        }

        Assert.Equal(File.ReadAllText(_folder.File("first")), File.ReadAllText(_folder.File("second")));
        Assert.Contains("missing", Assert.Throws<InvalidDataException>(() => second.Read(_folder.File("none"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rates_written_before_filter_a_run()
    {
        var source = new Ten();
        var rates = new PassRates();
        rates.Add("ten problem 3", 8, 8); // as the samples of a model write it: the set, and what was asked
        rates.Add("gcd level 1", 8, 8);
        rates.Write(_folder.File("rates.jsonl"));
        var curriculum = new Curriculum(new CurriculumConfig { High = 0.9, Retry = 0.001, PassRates = _folder.File("rates.jsonl") }, seed: 1);
        int[] counts = Count(curriculum, source, 1000);
        Assert.InRange(counts[3], 0, 5);
        Assert.All(counts.Where((_, i) => i != 3), c => Assert.InRange(c, 90, 130));
        Assert.Equal([("gcd", 1, 1.0)], curriculum.Figures.Levels);
        Assert.NotEqual("", curriculum.Fingerprint);
        Assert.Contains("none", Assert.Throws<InvalidDataException>(
            () => new Curriculum(new CurriculumConfig { PassRates = _folder.File("none") }, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Old_attempts_fade_and_old_problems_are_forgotten()
    {
        var rates = new PassRates();
        for (int step = 1; step <= 20; step++)
        {
            rates.Add("a", 8, 0, window: 32, step);
        }

        for (int step = 21; step <= 30; step++)
        {
            rates.Add("a", 8, 8, window: 32, step);
        }

        Assert.InRange(rates.Of("a")!.Value, 0.9, 1);
        Assert.InRange(rates.Attempts("a"), 16, 32);
        rates.Add("c", 1, 0, step: 40);
        rates.Add("b", 1, 0, step: 40);
        rates.Add("d", 1, 0, step: 50);
        rates.Forget(2);
        Assert.Equal(["c", "d"], rates.Problems);
    }

    public void Dispose() => _folder.Dispose();

    private static void Solve(Curriculum curriculum, ProblemSource source, Func<int, int> correctOfEight, int step = 1) =>
        curriculum.Add(step, Enumerable.Range(0, 10).Select(i => (source.Get(i), 8, Math.Clamp(correctOfEight(i), 0, 8))));

    private static int[] Count(Curriculum curriculum, ProblemSource source, int draws)
    {
        int[] counts = new int[10];
        long next = 0;
        for (int i = 0; i < draws; i++)
        {
            counts[int.Parse(curriculum.Draw(source, ref next).Problem.Answer, System.Globalization.CultureInfo.InvariantCulture)]++;
        }

        return counts;
    }

    /// <summary>Ten problems in turn.</summary>
    private sealed class Ten : ProblemSource
    {
        public override string Fingerprint => "ten";

        public override DrawnProblem Get(long index, Func<ProceduralTask, int>? level = null)
        {
            var problem = new Problem { Prompt = $"problem {index % 10}", Answer = $"{index % 10}" };
            return new DrawnProblem(problem, DrawnProblem.KeyOf("ten", problem.Prompt));
        }

        public override IReadOnlyList<(string Family, Problem Problem)> HeldOut(int most) => [];
    }
}
