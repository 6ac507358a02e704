using Razum.Text;
using Razum.Training.Data;

namespace Razum.Tests.Training.Data;

/// <summary>Pairs as tokens: every one once in a pass, none of a held-out prompt.</summary>
public sealed class PreferenceFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Passes_have_every_pair_once_and_no_held_out_prompt()
    {
        File.WriteAllLines(
            _folder.File("train.jsonl"),
            Enumerable.Range(0, 60).Select(i => $$"""{"prompt": "number {{i / 3}}", "chosen": [{"role": "assistant", "content": "{{i}}", "reasoning_content": "hm"}], "rejected": "no"}"""));
        ByteTokenizer.Write(_folder.File("tokenizer"));
        Tokenizer tokenizer = Tokenizer.Load(_folder.File("tokenizer"));
        var pairs = new PreferenceFile([_folder.Path], 0.25, 3, tokenizer, 100);
        Assert.Equal((45, 60, 0), (pairs.Trained, pairs.Count, pairs.TooLong));
        string[] first = [.. Enumerable.Range(0, 45).Select(i => Text(pairs.Get(i).Chosen))];
        string[] second = [.. Enumerable.Range(45, 45).Select(i => Text(pairs.Get(i).Chosen))];
        string[] heldOut = [.. pairs.HeldOut(10_000).Select(p => Text(p.Chosen))];
        Assert.Equal(first.Order(), second.Order());
        Assert.NotEqual(first, second);
        Assert.Equal(60, first.Concat(heldOut).Distinct().Count());
        Assert.Empty(pairs.HeldOut(10_000).Select(p => Prompt(p.Chosen)).Intersect(Enumerable.Range(0, 45).Select(i => Prompt(pairs.Get(i).Chosen))));
        Assert.Single(pairs.HeldOut(1));
        Assert.Matches("^hm</think><answer>[0-9]+</answer>", first[0]);
        Assert.Equal(Prompt(pairs.Get(0).Chosen), Prompt(pairs.Get(0).Rejected));
        var again = new PreferenceFile([_folder.Path], 0.25, 3, tokenizer, 100);
        Assert.Equal(first, Enumerable.Range(0, 45).Select(i => Text(again.Get(i).Chosen)));

        string Text(AnswerTokens answer) => tokenizer.Decode(answer.Tokens.AsSpan(answer.PromptLength).ToArray());
        string Prompt(AnswerTokens answer) => tokenizer.Decode(answer.Tokens.AsSpan(0, answer.PromptLength).ToArray());
    }

    public void Dispose() => _folder.Dispose();
}
