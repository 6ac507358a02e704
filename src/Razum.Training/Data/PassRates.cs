using System.Globalization;
using System.Text.Json.Nodes;
using Razum.Tensors.Checkpoints;
using Razum.Training.Data.Files;

namespace Razum.Training.Data;

/// <summary>
/// How often each problem was solved, for a curriculum: what is always or never solved teaches nothing, because all answers are worth the same. Kept in a file
/// of JSON lines, <c>{"problem": KEY, "attempts": 8, "correct": 3}</c>. Not for several threads.
/// </summary>
public sealed class PassRates
{
    private readonly SortedDictionary<string, (int Attempts, int Correct)> _counts = new(StringComparer.Ordinal);

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
            bool read = int.TryParse(row.Text("attempts"), CultureInfo.InvariantCulture, out int attempts)
                & int.TryParse(row.Text("correct"), CultureInfo.InvariantCulture, out int correct);
            if (!read || attempts < 1 || correct < 0 || correct > attempts || rates._counts.ContainsKey(problem))
            {
                throw row.Fault("expected a problem that is not there yet, attempts of at least 1 and correct of at most so many");
            }

            rates._counts[problem] = (attempts, correct);
        }

        return rates;
    }

    /// <summary>Adds attempts at a problem.</summary>
    public void Add(string problem, int attempts, int correct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempts, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)correct, (uint)attempts);
        (int before, int right) = _counts.GetValueOrDefault(problem);
        _counts[problem] = (before + attempts, right + correct);
    }

    /// <summary>Share of attempts that were right; null for a problem that was never tried.</summary>
    public double? Of(string problem) => _counts.TryGetValue(problem, out (int Attempts, int Correct) count) ? (double)count.Correct / count.Attempts : null;

    /// <summary>Whether a problem is worth its time: its rate lies in the window, or it was never tried.</summary>
    public bool IsWithin(string problem, double low, double high) => Of(problem) is not { } rate || (rate >= low && rate <= high);

    /// <summary>Weight of a problem where hard ones come more often (Kimi k1.5): 1 - rate; 1 where it was never tried.</summary>
    public double Weight(string problem) => 1 - (Of(problem) ?? 0);

    /// <summary>Writes the file, whole or not at all.</summary>
    public void Write(string path) => AtomicFile.Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, bufferSize: 1 << 20, leaveOpen: true);
        foreach ((string problem, (int attempts, int correct)) in _counts)
        {
            writer.Write(new JsonObject { ["problem"] = problem, ["attempts"] = attempts, ["correct"] = correct }.ToJsonString());
            writer.Write('\n');
        }
    });
}
