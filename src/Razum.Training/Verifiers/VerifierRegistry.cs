using Razum.Training.Runs;

namespace Razum.Training.Verifiers;

/// <summary>All verifiers by name, each made from the fields of its object in a run file.</summary>
internal static class VerifierRegistry
{
    private static readonly SortedDictionary<string, Func<RunFields, Verifier>> s_makers = new(StringComparer.Ordinal)
    {
        ["choice"] = ChoiceVerifier.Read,
        ["code"] = CodeVerifier.Read,
        ["exact"] = ExactVerifier.Read,
        ["format"] = FormatVerifier.Read,
        ["gsm8k"] = Gsm8kVerifier.Read,
        ["language"] = LanguageVerifier.Read,
        ["length"] = LengthVerifier.Read,
        ["math"] = MathVerifier.Read,
        ["repetition"] = RepetitionVerifier.Read,
        ["task"] = _ => new TaskVerifier(),
    };

    public static IReadOnlyCollection<string> Names => s_makers.Keys;

    /// <summary>Makes the verifier that the field "verifier" names, reading its settings from the same object.</summary>
    /// <exception cref="InvalidDataException">There is none of that name, or a setting is wrong; names file and field.</exception>
    public static Verifier Read(RunFields fields) => s_makers[fields.Choice("verifier", null, [.. Names])](fields);
}
