using Razum.Training.Data;
using Razum.Training.Tasks;

namespace Razum.Tests.Training.Data;

/// <summary>The problems that reinforcement learning draws: fixed by seed and number, of the families and the level asked for, none of them held out.</summary>
public sealed class ProblemStreamTests
{
    [Fact]
    public void NoProblemIsHeldOutAndEveryAnswerIsAccepted()
    {
        ProblemStream stream = new(1, new Dictionary<string, double>());
        HashSet<string> families = [];
        for (long i = 0; i < 4000; i++)
        {
            AskedProblem asked = stream.Get(i);
            families.Add(asked.Task.Name);
            Assert.False(ProblemKey.IsHeldOut(asked.Task.Name, asked.Problem));
            Assert.Equal(1, asked.Check("<think>", $"</think><answer>{asked.Problem.Answer}</answer>", true).Score);
            Assert.Equal(asked.Text, Assert.Single(asked.Messages).Content);
        }

        Assert.Equal(TaskRegistry.All.Count, families.Count);
    }

    [Fact]
    public void SeedAndIndexFixTheProblem()
    {
        Dictionary<string, double> weights = new() { ["gcd"] = 3, ["parity"] = 1, ["addition"] = 0 };
        ProblemStream first = new(5, weights, 0), second = new(5, weights.Reverse().ToDictionary(), 0), other = new(6, weights, 0);
        (int same, int divisors) = (0, 0);
        for (long i = 999; i >= 0; i--)
        {
            AskedProblem asked = first.Get(i);
            Assert.Equal(asked.Text, second.Get(i).Text);
            Assert.InRange(asked.Task.Size(asked.Problem.Truth), 0, asked.Task.Levels[0]);
            same += asked.Text == other.Get(i).Text ? 1 : 0;
            divisors += asked.Task.Name == "gcd" ? 1 : 0;
        }

        Assert.InRange(same, 0, 20);
        Assert.InRange(divisors, 700, 800);
    }

    [Fact]
    public void AProblemKeepsItsKeyInEveryWording()
    {
        ProblemStream stream = new(1, new Dictionary<string, double> { ["knights"] = 1 }, 0);
        foreach (IGrouping<string, AskedProblem> problem in Enumerable.Range(0, 500).Select(i => stream.Get(i)).GroupBy(p => p.Key))
        {
            // Few people can say few things: the same statements by other names are the same problem.
            Assert.Single(problem.Select(p => string.Join(' ', KnightsTask.Statements(p.Problem))).Distinct());
        }
    }

    [Fact]
    public void NonsenseIsRefused()
    {
        Assert.Contains("unknown task 'poems'", Assert.Throws<ArgumentException>(() => new ProblemStream(1, new Dictionary<string, double> { ["poems"] = 1 })).Message);
        Assert.Throws<ArgumentException>(() => new ProblemStream(1, new Dictionary<string, double> { ["gcd"] = double.NaN }));
        Assert.Throws<ArgumentException>(() => new ProblemStream(1, new Dictionary<string, double> { ["gcd"] = 0 }));
        Assert.Throws<ArgumentException>(() => new ProblemStream(1, new Dictionary<string, double>(), -1));
    }
}
