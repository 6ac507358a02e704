using System.Security.Cryptography;
using Razum.Training.Runs;
using Razum.Training.Tasks;

namespace Razum.Training.Data;

/// <summary>
/// Chooses what to ask by how often it was solved: what is always or never solved teaches nothing, because all answers are worth the same. What is drawn
/// depends on seed, index and the pass rates alone, and those change between steps only: not on threads, and not on an interruption.
/// </summary>
internal sealed class Curriculum
{
    private const ulong Stream = 0x63757272; // "curr": apart from every other stream
    private const int MostPassed = 200; // in a row; the next is taken whatever its rate
    private const int EnoughAttempts = 16; // before a level is judged

    private readonly CurriculumConfig _config;
    private readonly ulong _seed;
    private readonly List<double> _drawnRates = [];
    private PassRates _rates;
    private int _taken;
    private int _passed;

    /// <exception cref="InvalidDataException">The file of pass rates is missing or damaged.</exception>
    public Curriculum(CurriculumConfig config, int seed)
    {
        (_config, _seed, _rates) = (config, Shuffle.Hash((ulong)seed, Stream), new PassRates());
        if (config.PassRates is { } file)
        {
            Fingerprint = File.Exists(file)
                ? $" rates {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}"
                : throw new InvalidDataException($"{file}: no such file of pass rates");
            _rates = PassRates.Read(file).Renamed(DrawnProblem.KeyOf);
        }
    }

    /// <summary>The pass rates that it began with, for the identity of a run.</summary>
    public string Fingerprint { get; } = "";

    /// <summary>The step's share of problems passed over, mean rate of those drawn that had one, and rate of every level.</summary>
    public CurriculumFigures Figures => new(
        _taken + _passed == 0 ? 0 : (double)_passed / (_taken + _passed),
        _drawnRates.Count == 0 ? null : _drawnRates.Average(),
        [.. _rates.Problems.Select(LevelKey.Parse).OfType<LevelKey>().Select(k => (k.Task, k.Level, _rates.Of($"{k}")!.Value))]);

    /// <summary>A step begins: its figures start from nothing.</summary>
    public void Begin()
    {
        (_taken, _passed) = (0, 0);
        _drawnRates.Clear();
    }

    /// <summary>The next problem that is worth its time.</summary>
    /// <param name="source">Of all problems.</param>
    /// <param name="next">Number of the next one; moved on.</param>
    public DrawnProblem Draw(ProblemSource source, ref long next)
    {
        for (int passed = 0; ; passed++, _passed++)
        {
            long index = next++;
            DrawnProblem problem = source.Get(index, _config.Levels ? Opened : null);
            if (passed < MostPassed && Chance(index) >= Share(problem.Key))
            {
                continue;
            }

            _taken++;
            if (_rates.Of(problem.Key) is { } known)
            {
                _drawnRates.Add(known);
            }

            return problem;
        }
    }

    /// <summary>Takes note of the answers of a step.</summary>
    /// <param name="step">Number of the step.</param>
    /// <param name="results">Problems, how many answers of each could be judged, and how many of those were right.</param>
    public void Add(int step, IEnumerable<(DrawnProblem Problem, int Attempts, int Correct)> results)
    {
        foreach ((DrawnProblem problem, int attempts, int correct) in results.Where(r => r.Attempts > 0))
        {
            _rates.Add(problem.Key, attempts, correct, _config.Window, step);
        }

        _rates.Forget(_config.Memory);
    }

    public void Write(string file) => _rates.Write(file);

    /// <exception cref="InvalidDataException">The file is missing or damaged.</exception>
    public void Read(string file) => _rates = File.Exists(file) ? PassRates.Read(file) : throw new InvalidDataException($"{file}: missing");

    /// <summary>The lowest level of a task that is not yet solved often enough; its problems may be easier.</summary>
    private int Opened(ProceduralTask task)
    {
        int level = 0;
        while (level < task.Levels.Count - 1 && IsSolved($"{new LevelKey(task.Name, level)}"))
        {
            level++;
        }

        return level;
    }

    private bool IsSolved(string level) => _rates.Attempts(level) >= EnoughAttempts && _rates.Of(level) >= _config.Advance;

    /// <summary>Share of the times that a problem comes up at which it is asked.</summary>
    private double Share(string problem) => !_rates.IsWithin(problem, _config.Low, _config.High) ? _config.Retry
        : _config.PreferHard ? Math.Max(_rates.Weight(problem), _config.Retry) : 1;

    private double Chance(long index) => (Shuffle.Hash(_seed, (ulong)index) >> 11) * (1.0 / (1UL << 53));
}
