namespace Razum.Text.Splitting;

/// <summary>Recognises the published patterns by their text and gives the splitter written for each.</summary>
internal static class SplitPattern
{
    /// <summary>The step for a regular expression as <c>tokenizer.json</c> has it; null when there is none.</summary>
    public static SplitStep? TryParse(string regex)
    {
        string text = regex.Replace("\r", @"\r", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal); // both spellings are published
        return text switch
        {
            Cl100kStep.Llama3Pattern => new Cl100kStep(maxDigits: 3),
            Cl100kStep.Qwen2Pattern => new Cl100kStep(maxDigits: 1),
            DeepSeekStep.Pattern => new DeepSeekStep(),
            Gpt2Step.Pattern => new Gpt2Step(),
            TrailingBlanksStep.Pattern => new TrailingBlanksStep(),
            _ => TryParseRun(text),
        };
    }

    /// <summary><c>\p{N}</c> one by one, or in whole runs: the step named Digits.</summary>
    public static SplitStep Digits(bool individual) => new ClassRunStep(new CodePointSet(CharClass.Number, []), individual ? 1 : int.MaxValue, blankBefore: false);

    private static ClassRunStep? TryParseRun(string text)
    {
        bool blankBefore = text.StartsWith(@"\s?", StringComparison.Ordinal);
        string set = blankBefore ? text[3..] : text;
        int maxLength = 1;
        if (set.EndsWith('+'))
        {
            (set, maxLength) = (set[..^1], int.MaxValue);
        }
        else if (set.EndsWith('}') && set.LastIndexOf("{1,", StringComparison.Ordinal) is int brace and > 0
            && int.TryParse(set.AsSpan(brace + 3, set.Length - brace - 4), out int most) && most > 0)
        {
            (set, maxLength) = (set[..brace], most);
        }

        return CodePointSet.TryParse(set) is CodePointSet members ? new ClassRunStep(members, maxLength, blankBefore) : null;
    }
}
