namespace Razum.Tests;

public sealed class GoldensTests
{
    [Fact]
    public void The_folder_holds_cases_of_language_models() => Assert.NotEmpty(Goldens.Cases("lm"));
}
