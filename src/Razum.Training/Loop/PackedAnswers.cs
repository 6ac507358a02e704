using Razum.Models;
using Razum.Tensors;

namespace Razum.Training.Loop;

/// <summary>Answers with their prompts, packed into one batch, and the log-probabilities of their tokens. T packed tokens, R tokens of answers, D hidden.</summary>
internal sealed class PackedAnswers
{
    private readonly Batch _batch = new();
    private readonly List<int> _rows = [];
    private readonly List<int> _targets = [];

    /// <summary>The packed sequences, each without its last token.</summary>
    public Batch Batch => _batch;

    /// <summary>The packed rows after which the tokens of the answers come. [R]</summary>
    public ReadOnlySpan<int> AnswerRows => Span(_rows);

    /// <summary>The tokens of the answers. [R]</summary>
    public ReadOnlySpan<int> Targets => Span(_targets);

    /// <summary>T.</summary>
    public int Tokens => _batch.Count;

    /// <summary>R.</summary>
    public int Rows => _rows.Count;

    /// <summary>The experts that rows are sent to; null where the router chooses.</summary>
    public RoutedExperts? Experts
    {
        get => _batch.Experts;
        set => _batch.Experts = value;
    }

    public void Clear()
    {
        _batch.Clear();
        _rows.Clear();
        _targets.Clear();
    }

    /// <summary>Adds a prompt of <paramref name="promptLength"/> tokens, at least one, and the answer after it.</summary>
    public void Add(ReadOnlySpan<int> tokens, int promptLength)
    {
        int first = _batch.Count;
        _batch.Add(tokens[..^1]); // nothing comes after the last token
        for (int i = promptLength; i < tokens.Length; i++)
        {
            _rows.Add(first + i - 1);
            _targets.Add(tokens[i]);
        }
    }

    /// <summary>log p at a temperature, among <paramref name="sets"/> where there are any, at every token of the answers, and beside it the entropy where that is wanted. [R, 1] or [R, 2]</summary>
    public Tensor Forward(Decoder decoder, Ops ops, double temperature = 1, bool entropy = false, TokenSets sets = default)
    {
        Tensor hidden = decoder.Forward(ops, _batch); // [T, D]
        return ops.LogProbabilities(ops.Gather(hidden, Span(_rows)), decoder.Head, Span(_targets), (float)temperature, entropy, sets);
    }

    private static ReadOnlySpan<int> Span(List<int> list) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(list);
}
