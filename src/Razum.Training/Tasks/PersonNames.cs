namespace Razum.Training.Tasks;

/// <summary>The names of the people in the problems.</summary>
internal static class PersonNames
{
    private static readonly string[] s_all = ["Anna", "Ben", "Carla", "David", "Elif", "Farid", "Grace", "Hugo"];

    /// <summary>Different names in random order.</summary>
    public static string[] Draw(ref TaskRandom random, int count)
    {
        string[] names = [.. s_all];
        random.Shuffle<string>(names);
        return names[..count];
    }
}
