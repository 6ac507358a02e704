namespace Razum.Training.Data.Cleaning;

/// <summary>A text of the data that shares words with an evaluation set.</summary>
/// <param name="Where">The text's place.</param>
/// <param name="Set">The evaluation set.</param>
/// <param name="Question">Number of the question, from 0.</param>
/// <param name="Words">The words that both have.</param>
public sealed record Contamination(string Where, string Set, int Question, string Words);
