namespace Razum.Training.Tasks;

/// <summary>A number in a word problem: uniform over the multiples of <paramref name="Step"/> from <paramref name="Low"/> to <paramref name="High"/>.</summary>
internal readonly record struct WordVariable(char Name, int Low, int High, int Step = 1)
{
    public int Draw(ref TaskRandom random) => random.Next((Low + Step - 1) / Step, High / Step) * Step;
}
