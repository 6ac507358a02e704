using Razum.Training.Objectives;
using Razum.Training.Runs;

namespace Razum.Training.Verifiers;

/// <summary>A penalty for long completions (DAPO, arXiv 2503.14476): 0 up to most - cache tokens, falling evenly to -1 at most, -1 beyond.</summary>
internal sealed class LengthVerifier(int most, int cache) : Verifier
{
    public override string Name => "length";

    public override bool JudgesAnswer => false;

    public static LengthVerifier Read(RunFields fields)
    {
        int most = fields.Whole("most");
        return new LengthVerifier(most, fields.Whole("cache", int.Max(1, most / 5), most: most));
    }

    protected override Verdict Judge(Problem problem, Completion completion) =>
        Verdict.Graded(RewardShaping.SoftOverlong(completion.Tokens, most, cache), 0);
}
