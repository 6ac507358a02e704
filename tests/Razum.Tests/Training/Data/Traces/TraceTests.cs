using System.Text.Json.Nodes;
using Razum.Training.Data;
using Razum.Training.Data.Traces;
using Razum.Training.Tasks;

namespace Razum.Tests.Training.Data.Traces;

public sealed class TraceTests(ITestOutputHelper output)
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
        { "multiplication", """{"a":347,"b":26}""", "743*62=003*62+04*62+7*62=0087+0401+281=0488+281=2209" },
        { "multiplication", """{"a":10,"b":2}""", "01*2=02" },
        { "modular", """{"a":12,"b":3,"c":5,"m":7}""", "21*3+5=63+5=14;14%7=6" },
        { "modular", """{"a":2,"b":3,"c":0,"m":90}""", "2*3+0=6+0=6;6" },
        { "fraction", """{"numerator":84,"denominator":126}""", "84/126;2:42/63;3:14/21;7:2/3" },
        { "fraction", """{"numerator":-6,"denominator":2}""", "-6/2;2:-3/1=-3" },
        { "base_conversion", """{"value":418,"from":16,"to":7,"answer":"1135"}""", "1*16+10=26,26*16+2=418;418=59*7+5,59=8*7+3,8=1*7+1,1=0*7+1;1135" },
        { "base_conversion", """{"value":5,"from":2,"to":3,"answer":"12"}""", "1,2,5;5:2,1:1;12" },
        { "base_conversion", """{"value":0,"from":10,"to":2,"answer":"0"}""", "0:0;0" },
        { "base_conversion", """{"value":35,"from":36,"to":10,"answer":35}""", "35;35" },
        { "parity", """{"bits":"10110"}""", "1o0o1e1o0o" },
        { "propositional", """{"formula":"(p and not q)","variables":["p","q"]}""", "p:0011,q:0101;a=!q:1010;b=p&a:0010" },
        { "propositional", """{"formula":"((p -> q) xor not not p)","assignment":{"p":true,"q":false}}""", "p:1,q:0;a=p>q:0;b=!p:0;c=!b:1;d=a^c:1" },
        { "propositional", """{"formula":"q","assignment":{"p":true,"q":false}}""", "p:1,q:0;a=q:0" },
        { "knights", """{"names":["Anna","Ben"],"prompt":"Anna says: Ben is a knave. Ben says: Anna and I are different kinds."}""", "a:b=N,b:a!b;KK:0;KN:11;NK:01" },
        { "knights", """{"names":["Elif","Ben","Hugo"],"prompt":"Elif says: at least one of Elif and Hugo is a knave. Ben says: Elif and I are the same kind. Hugo says: exactly 2 of us are knights."}""",
            "a:a&c,b:a=b,c:#2;KKK:0;KKN:111;KNK:0;KNN:100" },
        { "date_time", """{"kind":"plus","date":"2024-02-28","days":400}""", "31+28=59;59+400=459;2024:459-366=93;2025:93-90=3;2025-04-03" },
        { "date_time", """{"kind":"plus","date":"2024-03-01","days":-61}""", "59+1+1=61;61-61=0;2023:0+365=365;2023:365-334=31;2023-12-31" },
        { "date_time", """{"kind":"between","from":"2023-05-17","to":"2024-09-03"}""", "120+17=137;243+3+1=247;2023=365;247+365-137=475" },
        { "date_time", """{"kind":"between","from":"2024-01-31","to":"2024-01-01"}""", "0+1=1;0+31=31;31-1=30;-30" },
        { "date_time", """{"kind":"weekday","date":"2024-01-15"}""", "y=2023;2023/4=505;2023/100=20;2023/400=5;2023+505-20+5+0+15=2528;25%7=4,42%7=0,8%7=1" },
        { "date_time", """{"kind":"clock","start":"22:50","minutes":205}""", "50+25=75-60=15;22+3+1=26-24=2" },
        { "date_time", """{"kind":"duration","from":"21:37","to":"03:12"}""", "3*60+12=192;21*60+37=1297;192+1440=1632;1632-1297=335" },
        { "countdown3", """{"numbers":[50,7,3],"target":157,"answer":"50*3+7"}""", "50*3=150,150-7=143;50+7=57,57*3=171;50*3=150,150+7=157!" },
        { "sudoku4", """{"grid":"13.4/..31/2..3/.142","answer":"1324/4231/2413/3142"}""", "a3:134=2;b1:123=4;b2:134=2;c2:123=4;c3:234=1;d1:124=3" },
    };

    [Theory]
    [MemberData(nameof(Written))]
    public void ThinkingIsWrittenAsTaught(string family, string truth, string expected) =>
        Assert.Equal(expected, NanoExamples.Reasoning(family, new TaskProblem($"{JsonNode.Parse(truth)!["prompt"]}", "", (JsonObject)JsonNode.Parse(truth)!)));

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

    /// <summary>Every chain of equations in a thinking is true: each side follows from the one before.</summary>
    [Theory]
    [InlineData("multiplication", true)]
    [InlineData("modular", true)]
    [InlineData("date_time", false)]
    [InlineData("base_conversion", false)]
    [InlineData("countdown3", false)]
    [InlineData("countdown4", false)]
    public void EveryEquationHolds(string family, bool isReversed)
    {
        ProceduralTask task = TaskRegistry.Get(family);
        int seen = 0;
        for (ulong i = 0; i < 400; i++)
        {
            TaskRandom random = new(2, 1, i);
            string trace = NanoExamples.Reasoning(family, task.Generate(ref random));
            foreach (string chain in (isReversed ? Digits.FromTheLast(trace).Split(';')[0] : trace).Split(';', ',', ':', '!'))
            {
                string[] sides = [.. chain.Replace("/", "//").Split('=').Where(s => s.Length > 0 && s.All(c => char.IsAsciiDigit(c) || "+-*/".Contains(c)))];
                if (sides.Length > 1 && sides.Any(s => s.AsSpan().ContainsAny("+-*/")) && !sides.Any(s => s[0] == '-'))
                {
                    seen++;
                    Assert.All(sides.Zip(sides.Skip(1)), step => Assert.True(Follows(step.First, step.Second), $"{chain} in {trace}"));
                }
            }
        }

        Assert.True(seen >= 400, $"only {seen} equations");
    }

    // What stands behind a = sign has the value of what stands before it, or begins with it and goes on: 53+44=97-60=37.
    private static bool Follows(string first, string second)
    {
        string value = $"{TemplateFormula.Evaluate(first, s_none)}";
        return value == $"{TemplateFormula.Evaluate(second, s_none)}" || value == string.Concat(second.TakeWhile(char.IsAsciiDigit));
    }

    /// <summary>Thinking is short enough for small contexts; the figures are printed.</summary>
    [Fact]
    public void ThinkingIsShort()
    {
        foreach (ProceduralTask task in TaskRegistry.All)
        {
            int[] lengths = [.. Enumerable.Range(0, 500).Select(i =>
            {
                TaskRandom random = new(4, 1, (ulong)i);
                return NanoExamples.Reasoning(task.Name, task.Generate(ref random)).Length;
            })];
            output.WriteLine($"{task.Name,-16} {lengths.Average():0.0} on average, {lengths.Max()} at most");
            Assert.InRange(lengths.Average(), 1, 140);
            Assert.InRange(lengths.Max(), 1, 350);
        }
    }

    // A line of a long division as it must read: 57//6=9r3
    private static string Division(string line)
    {
        int[] numbers = [.. line[..line.IndexOf('=')].Split("//").Select(int.Parse)];
        return $"{numbers[0]}//{numbers[1]}={numbers[0] / numbers[1]}r{numbers[0] % numbers[1]}";
    }
}
