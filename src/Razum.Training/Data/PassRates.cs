using System.Globalization;
using System.Text.Json.Nodes;
using Razum.Tensors.Checkpoints;
using Razum.Training.Data.Files;

namespace Razum.Training.Data;

/// <summary>
/// How often each problem was solved. Kept in a file of JSON lines, <c>{"problem": KEY, "attempts": 8, "correct": 3}</c>, and <c>"last"</c>, the step of the
/// latest attempt, where that is known. Not for several threads.
/// </summary>
public sealed class PassRates
{
    private readonly SortedDictionary<string, Count> _counts = new(StringComparer.Ordinal);

    /// <summary>The problems that were tried.</summary>
    public IReadOnlyCollection<string> Problems => _counts.Keys;

    /// <summary>Reads a file; empty when there is none yet.</summary>
    /// <exception cref="InvalidDataException">A line is damaged; names file and line.</exception>
    public static PassRates Read(string path)
    {
        var rates = new PassRates();
        if (!File.Exists(path))
        {
            return rates;
        }

        foreach (DataRow row in JsonRows.ReadLines(path))
        {
            string problem = row.Required("problem");
            bool read = Number(row, "attempts", out int attempts) & Number(row, "correct", out int correct) & Number(row, "last", out int last, optional: true);
            if (!read || attempts < 1 || correct < 0 || correct > attempts || last < 0 || rates._counts.ContainsKey(problem))
            {
                throw row.Fault("expected a problem that is not there yet, attempts of at least 1 and correct of at most so many");
            }

            rates._counts[problem] = new Count(attempts, correct, last);
        }

        return rates;
    }

    /// <summary>Adds attempts at a problem.</summary>
    /// <param name="problem">Its name.</param>
    /// <param name="attempts">How many, at least 1.</param>
    /// <param name="correct">How many of them were right.</param>
    /// <param name="window">Most attempts that are kept: beyond these all weigh half, again and again.</param>
    /// <param name="step">When they were made.</param>
    public void Add(string problem, int attempts, int correct, int window = int.MaxValue, int step = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempts, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)correct, (uint)attempts);
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        (int before, int right, _) = _counts.GetValueOrDefault(problem);
        (long all, long solved) = ((long)before + attempts, (long)right + correct);
        while (all > window)
        {
            long half = all / 2;
            (all, solved) = (half, ((2 * solved * half) + all) / (2 * all)); // rounded to the nearest: neither 0 nor 1 drifts
        }

        _counts[problem] = new Count((int)all, (int)solved, step);
    }

    /// <summary>Share of attempts that were right; null for a problem that was never tried.</summary>
    public double? Of(string problem) => _counts.TryGetValue(problem, out Count count) ? (double)count.Correct / count.Attempts : null;

    /// <summary>Whether a problem is worth its time: its rate lies in the window, or it was never tried.</summary>
    public bool IsWithin(string problem, double low, double high) => Of(problem) is not { } rate || (rate >= low && rate <= high);

    /// <summary>Weight of a problem where hard ones come more often (Kimi k1.5): 1 - rate; 1 where it was never tried.</summary>
    public double Weight(string problem) => 1 - (Of(problem) ?? 0);

    /// <summary>Attempts that are kept of a problem.</summary>
    public int Attempts(string problem) => _counts.GetValueOrDefault(problem).Attempts;

    /// <summary>Forgets the problems tried longest ago until no more than <paramref name="most"/> are left.</summary>
    public void Forget(int most)
    {
        if (_counts.Count > most)
        {
            foreach (string problem in _counts.OrderBy(c => c.Value.Last).ThenBy(c => c.Key, StringComparer.Ordinal).Take(_counts.Count - most).Select(c => c.Key).ToArray())
            {
                _counts.Remove(problem);
            }
        }
    }

    /// <summary>The same rates under other names; those that get the same name are added up.</summary>
    internal PassRates Renamed(Func<string, string> nameOf)
    {
        var renamed = new PassRates();
        foreach ((string problem, Count count) in _counts)
        {
            renamed.Add(nameOf(problem), count.Attempts, count.Correct);
        }

        return renamed;
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    public void Write(string path) => AtomicFile.Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, bufferSize: 1 << 20, leaveOpen: true);
        foreach ((string problem, Count count) in _counts)
        {
            JsonObject line = new() { ["problem"] = problem, ["attempts"] = count.Attempts, ["correct"] = count.Correct };
            if (count.Last > 0)
            {
                line["last"] = count.Last;
            }

            writer.Write(line.ToJsonString());
            writer.Write('\n');
        }
    });

    private static bool Number(DataRow row, string name, out int value, bool optional = false)
    {
        string? text = row.Text(name);
        value = 0;
        return (text is null && optional) || int.TryParse(text, CultureInfo.InvariantCulture, out value);
    }

    private readonly record struct Count(int Attempts, int Correct, int Last);
}
