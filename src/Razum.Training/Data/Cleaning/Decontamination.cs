namespace Razum.Training.Data.Cleaning;

/// <summary>
/// Finds texts that share a run of n words with a question of an evaluation set (DeepSeek removes runs of 10). Questions that are shorter than n words count
/// when the whole of them stands in a text, unless they have less than <see cref="LeastWords"/>.
/// </summary>
/// <param name="length">n; 8, 10 and 13 are usual.</param>
public sealed class Decontamination(int length = 10)
{
    /// <summary>Questions shorter than this are looked for as whole texts only.</summary>
    public const int LeastWords = 5;

    private readonly Dictionary<ulong, (string Set, int Question)> _runs = [];
    private readonly Dictionary<int, Dictionary<ulong, (string Set, int Question)>> _short = [];
    private readonly Dictionary<ulong, (string Set, int Question)> _whole = [];
    private readonly Dictionary<string, int> _questions = [];

    /// <summary>The evaluation sets and how many questions each has.</summary>
    public IReadOnlyDictionary<string, int> Sets => _questions;

    /// <summary>Words that have to agree.</summary>
    public int Length { get; } = length is >= LeastWords and <= 100
        ? length
        : throw new ArgumentException($"a run of {length} words means nothing here; from {LeastWords} to 100 do");

    /// <summary>Adds a question of an evaluation set.</summary>
    public void Add(string set, string question)
    {
        int number = _questions.GetValueOrDefault(set);
        _questions[set] = number + 1;
        List<string> words = Words.Of(question);
        if (words.Count >= Length)
        {
            foreach (ulong run in Words.Runs(words, Length))
            {
                _runs.TryAdd(run, (set, number));
            }
        }
        else if (words.Count >= LeastWords)
        {
            Dictionary<ulong, (string, int)> same = _short.TryGetValue(words.Count, out Dictionary<ulong, (string, int)>? known) ? known : _short[words.Count] = [];
            same.TryAdd(Words.Hash(words, 0, words.Count), (set, number));
        }
        else
        {
            _whole.TryAdd(Words.Hash(words, 0, words.Count), (set, number));
        }
    }

    /// <summary>The first run of words of a text that is one of a question; null for a clean text.</summary>
    public Contamination? Check(string where, string text)
    {
        List<string> words = Words.Of(text);
        if (Find(words, Length, _runs) is { } run)
        {
            return run;
        }

        foreach ((int count, Dictionary<ulong, (string, int)> questions) in _short)
        {
            if (Find(words, count, questions) is { } whole)
            {
                return whole;
            }
        }

        return words.Count > 0 && words.Count < LeastWords && _whole.TryGetValue(Words.Hash(words, 0, words.Count), out (string Set, int Question) same)
            ? new Contamination(where, same.Set, same.Question, string.Join(' ', words))
            : null;

        Contamination? Find(List<string> words, int count, Dictionary<ulong, (string Set, int Question)> among)
        {
            int place = 0;
            foreach (ulong hash in Words.Runs(words, count))
            {
                if (among.TryGetValue(hash, out (string Set, int Question) question))
                {
                    return new Contamination(where, question.Set, question.Question, string.Join(' ', words.Skip(place).Take(count)));
                }

                place++;
            }

            return null;
        }
    }
}
