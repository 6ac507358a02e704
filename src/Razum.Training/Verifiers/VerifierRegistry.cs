using Razum.Training.Runs;

namespace Razum.Training.Verifiers;

/// <summary>All verifiers by name, each made from the fields of its object in a run file.</summary>
internal static class VerifierRegistry
{
    private static readonly SortedDictionary<string, Func<RunFields, Verifier>> s_makers = new(StringComparer.Ordinal)
    {
        ["task"] = _ => new TaskVerifier(),
    };

    public static IReadOnlyCollection<string> Names => s_makers.Keys;

    /// <summary>Makes the verifier that the field "verifier" names, reading its settings from the same object.</summary>
    /// <exception cref="InvalidDataException">There is none of that name, or a setting is wrong; names file and field.</exception>
    public static Verifier Read(RunFields fields) => s_makers[fields.Choice("verifier", null, [.. Names])](fields);
}
