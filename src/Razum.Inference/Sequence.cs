using Razum.Inference.Sampling;
using Razum.Tensors;

namespace Razum.Inference;

/// <summary>
/// A request in work: its tokens, how many of them the model has seen, and how the next ones are chosen. All memory a token needs is taken when the
/// sequence is made. Belongs to the engine's thread; only <see cref="Cancel"/> may come from others.
/// </summary>
internal sealed class Sequence
{
    private readonly int[] _tokens;
    private readonly int[] _endTokens;
    private readonly TokenLogprob[] _top;
    private volatile bool _cancelled;
    private bool _inherited;

    /// <param name="request">Checked by <see cref="GenerationRequest.Validate"/>.</param>
    /// <param name="model">What the request was checked against.</param>
    public Sequence(GenerationRequest request, ModelInfo model)
    {
        Request = request;
        PromptLength = request.Prompt.Count;
        _tokens = new int[Math.Min(model.ContextLength, PromptLength + (long)(request.MaxTokens ?? model.ContextLength))];
        for (int i = 0; i < PromptLength; i++)
        {
            _tokens[i] = request.Prompt[i];
        }

        Length = PromptLength;
        _endTokens = [.. request.StopTokens, .. request.IgnoreEndTokens ? [] : model.EndTokens];
        _top = new TokenLogprob[Math.Min(request.Sampling.TopLogprobs, model.VocabSize)];
        ulong seed = request.Sampling.Seed ?? unchecked((ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue));
        Sampler = new Sampler(request.Sampling, model.VocabSize, _tokens.AsSpan(0, PromptLength), seed);
    }

    public GenerationRequest Request { get; }

    public Sampler Sampler { get; }

    /// <summary>Where the tokens go; null when the caller of the loop looks at the sequence itself.</summary>
    public AnswerStream? Stream { get; init; }

    public int PromptLength { get; }

    /// <summary>Tokens of prompt and output so far.</summary>
    public int Length { get; private set; }

    /// <summary>The most tokens there can be.</summary>
    public int Capacity => _tokens.Length;

    public int OutputLength => Length - PromptLength;

    /// <summary>Tokens whose keys and values are computed. What lies between this and <see cref="Length"/> is still to be run.</summary>
    public int Computed { get; private set; }

    /// <summary>Tokens still to be run; 1 while decoding.</summary>
    public int Remaining => Length - Computed;

    /// <summary>Whether each step gives a token: only the newest one is still to be run.</summary>
    public bool IsDecoding => Computed > 0 && Remaining == 1;

    /// <summary>Keys and values; null while the sequence is not in work.</summary>
    public KeyValueCache? Cache { get; private set; }

    /// <summary>Order of arrival among the sequences of an engine.</summary>
    public long Ticket { get; set; }

    /// <summary>Tokens of the prompt that were found computed when the sequence was first taken into work.</summary>
    public int CachedPrompt { get; private set; }

    public int LastToken => _tokens[Length - 1];

    /// <summary>Log-probability of the last token, if wanted.</summary>
    public float LastLogprob { get; private set; }

    /// <summary>The most probable tokens at the place of the last one.</summary>
    public ReadOnlySpan<TokenLogprob> LastTop => _top;

    /// <summary>Set when the last token ended the output.</summary>
    public FinishReason? FinishReason { get; private set; }

    /// <summary>Whether the last token is one that ends the output by itself and has no text in it.</summary>
    public bool EndedByToken { get; private set; }

    /// <summary>Why the sequence cannot go on.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Whether nobody waits for it any more.</summary>
    public bool Cancelled => _cancelled;

    /// <summary>Whether there is nothing left to do for it.</summary>
    public bool IsDone => FinishReason is not null || Failure is not null || _cancelled;

    /// <summary>Prompt and output so far.</summary>
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, Length);

    /// <summary>Tokens [<see cref="Computed"/>, + count): the next ones to run.</summary>
    public ReadOnlySpan<int> Next(int count) => _tokens.AsSpan(Computed, count);

    /// <summary>Takes the sequence into work: from its beginning, also when it has been in work before. What was chosen stays.</summary>
    public void Enter(BlockPool pool) => (Cache, Computed) = (new KeyValueCache(pool, Capacity), 0);

    /// <summary>Takes over the first <paramref name="count"/> keys and values, which others have computed.</summary>
    public void Inherit(int count)
    {
        Computed = count;
        CachedPrompt = _inherited ? CachedPrompt : count;
        _inherited = true;
    }

    /// <summary>Takes the sequence out of work: its keys and values are given up.</summary>
    public void Leave()
    {
        Cache?.Dispose();
        Cache = null;
    }

    /// <summary>Takes note that the next <paramref name="count"/> tokens have been run.</summary>
    public void Advance(int count) => Computed += count;

    /// <summary>Adds the token that <see cref="Sampler"/> chose.</summary>
    public void Append(int token)
    {
        _tokens[Length++] = token;
        EndedByToken = _endTokens.AsSpan().Contains(token);
        FinishReason = EndedByToken ? Inference.FinishReason.Stop : Length == Capacity ? Inference.FinishReason.Length : null;
    }

    /// <summary>Says how probable the token to come is, and what else was.</summary>
    public Span<TokenLogprob> Describe(float logprob)
    {
        LastLogprob = logprob;
        return _top;
    }

    /// <summary>Ends the output after the last token: a stop string is complete.</summary>
    public void Stop() => FinishReason = Inference.FinishReason.Stop;

    public void Fail(Exception failure) => Failure = failure;

    /// <summary>Gives the sequence up; it leaves the batch before the next step.</summary>
    public void Cancel() => _cancelled = true;
}
