using Razum.Training.Tasks;

namespace Razum.Tests.Training.Tasks;

public class TaskRandomTests
{
    [Fact]
    public void EveryValueOfARangeIsEquallyLikely()
    {
        TaskRandom random = new(1, 2, 3);
        int[] counts = new int[7];
        const int Draws = 70_000;
        for (int i = 0; i < Draws; i++)
        {
            counts[random.Next(-3, 3) + 3]++;
        }

        // Chi-square with 6 degrees of freedom: above 22.5 with probability 0.001.
        Assert.InRange(counts.Sum(c => Math.Pow(c - 10_000, 2) / 10_000), 0, 22.5);
    }

    [Fact]
    public void FirstNumbersOfNeighbouringProblemsAreIndependent()
    {
        int[] counts = new int[10];
        for (ulong index = 0; index < 10_000; index++)
        {
            counts[new TaskRandom(0, 0, index).Next(0, 9)]++;
        }

        Assert.InRange(counts.Sum(c => Math.Pow(c - 1000, 2) / 1000), 0, 27.9); // 9 degrees of freedom, 0.001
    }

    [Fact]
    public void EndsOfRanges()
    {
        TaskRandom random = new(0, 0, 0);
        Assert.Equal(5, random.Next(5, 5));
        Assert.Equal(int.MaxValue, random.Next(int.MaxValue, int.MaxValue));
        bool negative = false, positive = false;
        for (int i = 0; i < 100; i++)
        {
            int value = random.Next(int.MinValue, int.MaxValue);
            (negative, positive) = (negative | value < 0, positive | value > 0);
            Assert.InRange(random.NextDouble(), 0, 1 - double.Epsilon);
        }

        Assert.True(negative && positive);
        Assert.Throws<ArgumentOutOfRangeException>(() => new TaskRandom(0, 0, 0).Next(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TaskRandom(0, 0, 0).Pick<int>([]));
    }

    [Fact]
    public void ShuffleReachesEveryOrderEquallyOften()
    {
        Dictionary<string, int> counts = [];
        TaskRandom random = new(9, 9, 9);
        for (int i = 0; i < 24_000; i++)
        {
            char[] items = ['a', 'b', 'c', 'd'];
            random.Shuffle<char>(items);
            string order = new(items);
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }

        Assert.Equal(24, counts.Count);
        Assert.InRange(counts.Values.Sum(c => Math.Pow(c - 1000, 2) / 1000), 0, 49.7); // 23 degrees of freedom, 0.001
    }
}
