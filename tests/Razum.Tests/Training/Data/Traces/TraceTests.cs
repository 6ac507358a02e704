using System.Text.Json.Nodes;
using Razum.Training.Data;
using Razum.Training.Data.Traces;
using Razum.Training.Tasks;

namespace Razum.Tests.Training.Data.Traces;

public sealed class TraceTests
{
    private static readonly Dictionary<char, int> s_none = [];

    public static TheoryData<string, string, string> Written => new()
    {
        { "chain_mod100", """{"expression":"47+5*4+2"}""", "47+5*4+2=52*4+2=8+2=10" },
        { "chain_mod100", """{"expression":"10-9-4*2"}""", "10-9-4*2=1-4*2=97*2=94" },
        { "addition", """{"a":4821,"b":977}""", "A4B8C2D1 b9c7d7;D1d7:08 C2c7:09 B8b9:17 A4-0:05;A5B7C9D8" },
        { "addition", """{"a":95,"b":7}""", "A9B5 b7;B5b7:12 A9-0:10;1A0B2" },
        { "addition", """{"a":7,"b":95}""", "B7 a9b5;B7b5:12 -0a9:10;1A0B2" },
        { "linear", """{"a":3,"b":5,"c":20,"variable":"x"}""", "3x=20-5=15;x=15/3=5" },
        { "linear", """{"a":-4,"b":-17,"c":152,"variable":"x"}""", "-4x=152+17=162+7=169;x=169/-4=-169/4" },
        { "linear", """{"a":-1,"b":20,"c":20,"variable":"z"}""", "-z=20-20=0;z=0/-1=0" },
        { "gcd", """{"a":33,"b":75}""", "57-33=24-33=9;33%9=6;9%6=3;6%3=0" },
        { "gcd", """{"a":512,"b":7}""", "215:15%7=2,22%7=1;7%1=0" },
        { "gcd", """{"a":7755,"b":4797}""", "5577-7974=8592;7974-8592=9381;8592-9381=9111;9381-9111=027;9111-027=993;027-993=123;993-123=87;"
            + "123-87=342-87=561-87=78-87=9;87%9=6;9%6=3;6%3=0" },
        { "gcd", """{"a":12,"b":1452}""", "2541-0021=252-021=231-021=21-21=0" },
        { "sorting", """{"values":[25,37,21,-20,-9,-10,0,25],"direction":"ascending"}""", "a25b37c21-d20-e09-f10g00h25;-2-d20D;-1-f10F;-0-e09E;0g00G;1;2a25c21h25>01C2345AH6789;3b37B;4;5;6;7;8;9" },
        { "sorting", """{"values":[25,-3,21,-1,99],"direction":"descending"}""", "a25-b03c21-d01e99;9e99E;8;7;6;5;4;3;2a25c21>98765A4321C0;1;0;-0-b03-d01>01D23B456789;-1;-2" },
        { "count_letters", """{"letter":"c","word":"soocesr"}""", "c:As0Bo0Co0Dc1Ee1Fs1Gr1" },
        { "reversing", """{"word":"sooocsr"}""", "AsBoCoDoEcFsGr;GrFsEcDoCoBoAs" },
        { "word_problems", """{"template":7,"values":{"a":12,"b":5,"c":7}}""", "21*5-7=06-7=35" },
        { "word_problems", """{"template":2,"values":{"a":23,"b":14}}""", "32*41=32*01+32*4=032+29=223" },
        { "word_problems", """{"template":3,"values":{"a":17,"b":12}}""", "402/21;02/21=1r8,48/21=7r0;71" },
        { "word_problems", """{"template":3,"values":{"a":7,"b":12}}""", "48/21=7" },
        { "word_problems", """{"template":5,"values":{"a":12,"b":15,"c":47}}""", "722-21*51=722-21*01-21*5=722-021-06=701-06=74" },
        { "word_problems", """{"template":13,"values":{"a":40,"b":29,"c":6}}""", "2*(04+92)*6=2*96*6=831*6=001*6+03*6+8*6=006+081+84=087+84=828" },
        { "word_problems", """{"template":14,"values":{"a":12,"b":16,"c":5}}""", "(21*61-84)//5=(21*01+21*6-84)//5=(021+27-84)//5=(291-84)//5=441//5;41/5=2r4,44/5=8r4;82" },
    };

    [Theory]
    [MemberData(nameof(Written))]
    public void ThinkingIsWrittenAsTaught(string family, string truth, string expected) =>
        Assert.Equal(expected, NanoExamples.Reasoning(family, new TaskProblem("", "", (JsonObject)JsonNode.Parse(truth)!)));

    /// <summary>Every rewritten formula has the value of the first one.</summary>
    [Fact]
    public void EveryStepOfAStoryKeepsTheValue()
    {
        ProceduralTask task = TaskRegistry.Get("word_problems");
        for (ulong i = 0; i < 5000; i++)
        {
            TaskRandom random = new(1, 1, i);
            TaskProblem problem = task.Generate(ref random);
            string trace = WordProblemTrace.Write(problem.Truth);
            string[] parts = Digits.FromTheLast(trace).Replace("//", "/").Replace("/", "//").Split(';');
            Assert.All(
                parts.Length == 1 ? parts[0].Split('=') : [.. parts[0].Split('='), parts[2]],
                step => Assert.True($"{TemplateFormula.Evaluate(step, s_none)}" == problem.Answer, $"{step} in {trace}"));
            Assert.All(
                parts.Length == 1 ? [] : parts[1].Split(','),
                line => Assert.Equal(line, Division(line)));
        }
    }

    // A line of a long division as it must read: 57//6=9r3
    private static string Division(string line)
    {
        int[] numbers = [.. line[..line.IndexOf('=')].Split("//").Select(int.Parse)];
        return $"{numbers[0]}//{numbers[1]}={numbers[0] / numbers[1]}r{numbers[0] % numbers[1]}";
    }
}
