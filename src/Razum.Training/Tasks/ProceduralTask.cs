using System.Text.Json.Nodes;

namespace Razum.Training.Tasks;

/// <summary>
/// A kind of problem that can be generated without end and checked exactly: the rewards of reinforcement learning come from these checkers,
/// so what is not provably right scores nothing. Tasks hold no state and may be used by several threads.
/// </summary>
public abstract class ProceduralTask
{
    /// <summary>The name in configurations and in <see cref="TaskRegistry"/>.</summary>
    public abstract string Name { get; }

    /// <summary>A new problem; the same numbers give the same problem.</summary>
    public abstract TaskProblem Generate(ref TaskRandom random);

    /// <summary>
    /// The largest <see cref="Size"/> of each level of difficulty, rising. The last level is the whole distribution, a lower one the part of it that is small.
    /// </summary>
    public abstract IReadOnlyList<int> Levels { get; }

    /// <summary>How large a problem is, in what makes this task hard: operations, digits, cells.</summary>
    public abstract int Size(JsonObject truth);

    /// <summary>A new problem of at most the size that <see cref="Levels"/> gives for <paramref name="level"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such level; the message says how many there are.</exception>
    public TaskProblem Generate(ref TaskRandom random, int level)
    {
        if ((uint)level >= (uint)Levels.Count)
        {
            throw new ArgumentOutOfRangeException(null, $"{Name} has levels 0 to {Levels.Count - 1}, not {level}");
        }

        // At worst one draw in a hundred is small enough.
        TaskProblem problem;
        do
        {
            problem = Generate(ref random);
        }
        while (Size(problem.Truth) > Levels[level]);

        return problem;
    }

    /// <summary>The lowest level that has a problem of this size.</summary>
    public int LevelOf(JsonObject truth)
    {
        (int level, int size) = (0, Size(truth));
        while (level < Levels.Count - 1 && size > Levels[level])
        {
            level++;
        }

        return level;
    }

    /// <summary>Judges <paramref name="prefix"/> + <paramref name="completion"/> by the envelope, then by the task.</summary>
    /// <param name="prefix">The end of the prompt that already opened the thinking: empty or <c>&lt;think&gt;</c>.</param>
    /// <param name="completion">What the model wrote, without the end token.</param>
    /// <param name="ended">Whether the model produced its end token.</param>
    /// <param name="truth"><see cref="TaskProblem.Truth"/> of the problem.</param>
    /// <exception cref="InvalidDataException"><paramref name="truth"/> lacks a field or has one of another type.</exception>
    public TaskVerdict Check(string prefix, string completion, bool ended, JsonObject truth)
    {
        ArgumentNullException.ThrowIfNull(truth);
        TaskVerdict form = Envelope.Open(prefix, completion, ended);
        return form.Outcome == TaskOutcome.Correct ? form with { Outcome = CheckAnswer(form.Extracted!, truth) } : form;
    }

    /// <summary>Judges an answer of printable ASCII: correct, wrong, or unparseable when the grammar does not cover all of it.</summary>
    protected abstract TaskOutcome CheckAnswer(string answer, JsonObject truth);
}
