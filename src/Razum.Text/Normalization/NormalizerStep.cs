using Razum.Text.Splitting;

namespace Razum.Text.Normalization;

/// <summary>The kinds of normalizer.</summary>
internal enum NormalizerKind
{
    Nfc,
    Nfd,
    Lowercase,
    Prepend,
    Replace,
    Strip,
}

/// <summary>One normalizer with its settings.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Text">What is put in front, or in place of a match.</param>
/// <param name="Pattern">What Replace looks for.</param>
/// <param name="StripsStart">Strip takes the blanks at the start.</param>
/// <param name="StripsEnd">Strip takes the blanks at the end.</param>
internal sealed record NormalizerStep(NormalizerKind Kind, string Text = "", SplitStep? Pattern = null, bool StripsStart = false, bool StripsEnd = false);
