using Xunit;

namespace Razum.Tests.Repository;

/// <summary>Which project may know which: Tensors, Models, Inference, Training, Cli, each only those before it; Text stands alone.</summary>
public sealed class ProjectTests
{
    private static readonly string[] s_order = ["Razum.Tensors", "Razum.Models", "Razum.Inference", "Razum.Training", "Razum.Cli"];

    [Fact]
    public void References_point_backwards_only()
    {
        foreach ((string project, string[] references) in RepositoryFolder.ProjectReferences)
        {
            foreach (string reference in references)
            {
                Assert.True(May(project, reference), $"{project} must not refer to {reference}");
            }
        }
    }

    [Fact]
    public void Every_project_has_a_place_in_the_order()
    {
        IEnumerable<string> known = s_order.Append("Razum.Text");
        Assert.Equal(known.Order(StringComparer.Ordinal), RepositoryFolder.ProjectReferences.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Namespaces_of_later_projects_are_unknown_to_earlier_ones()
    {
        foreach (string path in RepositoryFolder.Files("src", "*.cs"))
        {
            string project = path.Split('/')[1];
            foreach (string line in RepositoryFolder.Read(path).Split('\n').Where(l => l.StartsWith("using Razum.", StringComparison.Ordinal)))
            {
                string used = string.Join('.', line["using ".Length..].TrimEnd(';', '\r').Split('.')[..2]);
                Assert.True(used == project || May(project, used), $"{path} uses {used}");
            }
        }
    }

    private static bool May(string project, string reference) => reference == "Razum.Text"
        ? Array.IndexOf(s_order, project) >= Array.IndexOf(s_order, "Razum.Inference")
        : Array.IndexOf(s_order, reference) is >= 0 and var place && place < Array.IndexOf(s_order, project);
}
