using Razum.Text;
using Razum.Training.Data.Files;

namespace Razum.Training.Data.Cleaning;

/// <summary>Takes repeated and contaminated conversations out of data files.</summary>
public sealed class ConversationCleaning(Duplicates duplicates, Decontamination? decontamination, ConversationColumns columns)
{
    /// <summary>Reads the files in order; what is kept, and what was not.</summary>
    /// <exception cref="InvalidDataException">A file is damaged, or they hold nothing.</exception>
    public (IReadOnlyList<Conversation> Kept, CleaningReport Report) Run(IReadOnlyList<string> files)
    {
        List<Conversation> kept = [];
        List<string> places = [];
        List<Repetition> repetitions = [];
        List<Contamination> contaminated = [];
        foreach (DataRow row in files.SelectMany(f => DataFiles.Find(f, "train")).SelectMany(f => DataFiles.Read(f)))
        {
            Conversation conversation = columns.Read(row);
            places.Add(row.Where);
            if (duplicates.Add(Whole(conversation)) is { } first)
            {
                repetitions.Add(new Repetition(row.Where, places[first]));
            }
            else if (decontamination?.Check(row.Where, Whole(conversation)) is { } found)
            {
                contaminated.Add(found);
            }
            else
            {
                kept.Add(conversation);
            }
        }

        if (places.Count == 0)
        {
            throw new InvalidDataException($"{files[0]}: no conversations");
        }

        return (kept, new CleaningReport
        {
            Read = places.Count,
            Kept = kept.Count,
            Duplicates = repetitions,
            Contaminated = contaminated,
            Sets = decontamination?.Sets ?? new Dictionary<string, int>(),
            Words = decontamination?.Length ?? 0,
        });
    }

    private static string Whole(Conversation conversation) =>
        string.Join('\n', conversation.Messages.Select(m => m is ChatMessage { ReasoningContent: { Length: > 0 } thinking } ? $"{thinking}\n{m.Content}" : m.Content));
}
