using Razum.Inference.Sampling;
using Razum.Inference.Speculation;
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
    private readonly DraftDistribution[] _distributions;
    private readonly int _draftTokens;
    private volatile bool _cancelled;
    private bool _inherited;
    private bool _hasNewToken;

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
        _distributions = new DraftDistribution[Speculation == SpeculationKind.None ? 0 : request.DraftLength ?? EngineOptions.DefaultDraftLength];
        _draftTokens = Speculation == SpeculationKind.Mtp && request.Sampling.Temperature > 0 ? model.VocabSize : 1; // else a guess is a point mass
        _top = new TokenLogprob[Math.Min(request.Sampling.TopLogprobs, model.VocabSize)];
        ulong seed = request.Sampling.Seed ?? unchecked((ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue));
        Adapter = model.NumberOf(request.Adapter);
        Sampler = new Sampler(request.Sampling, model.VocabSize, _tokens.AsSpan(0, PromptLength), seed);
    }

    public GenerationRequest Request { get; }

    public Sampler Sampler { get; }

    /// <summary>Number of the adapter that its tokens are run with; below 0 for none.</summary>
    public int Adapter { get; }

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

    /// <summary>Those of the layer of multi-token prediction, where the model drafts itself; in the same blocks.</summary>
    public KeyValueCache? Ahead { get; private set; }

    /// <summary>Tokens that the last step has added to what is computed.</summary>
    public int LastAdvance { get; private set; }

    /// <summary>Tokens whose blocks others may share.</summary>
    public int Recorded { get; private set; }

    public SpeculationKind Speculation => Request.Speculation ?? SpeculationKind.None;

    /// <summary>Guesses at the tokens after the newest one; they are run with it in the next step. Kept when the sequence leaves and enters again.</summary>
    public ReadOnlySpan<int> Drafts => _tokens.AsSpan(Length, DraftCount);

    public int DraftCount { get; private set; }

    /// <summary>While a step's tokens are chosen: the guess at the next one.</summary>
    public int NextDraft => _tokens[Length];

    /// <summary>How many more guesses there may be: after the last one there is always room for a token of the model's own.</summary>
    public int DraftRoom => Math.Min(_distributions.Length, Capacity - Length - 1) - DraftCount;

    /// <summary>Whether the step has brought a new token, after which it goes on, and there is room for guesses.</summary>
    public bool WantsDrafts => _hasNewToken && !IsDone && DraftRoom > 0;

    /// <summary>Guesses checked so far.</summary>
    public int Drafted { get; private set; }

    /// <summary>Those of them that were right.</summary>
    public int Accepted { get; private set; }

    /// <summary>Rows that the drafter may append beyond those of a step.</summary>
    public int RowsAhead => Ahead is null ? 0 : 1 + _distributions.Length;

    /// <summary>Order of arrival among the sequences of an engine.</summary>
    public long Ticket { get; set; }

    /// <summary>Tokens of the prompt that were found computed when the sequence was first taken into work.</summary>
    public int CachedPrompt { get; private set; }

    public int LastToken => _tokens[Length - 1];

    /// <summary>Log-probability of the last token, if wanted.</summary>
    public float LastLogprob { get; private set; }

    /// <summary>The tokens that the last one was drawn from, if wanted; null for all.</summary>
    public int[]? LastSet { get; private set; }

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
    public void Enter(BlockPool pool, bool drafts)
    {
        Cache = new KeyValueCache(pool, Capacity);
        Ahead = drafts ? Cache.CreateAhead() : null;
        (Computed, Recorded) = (0, 0);
    }

    /// <summary>Takes over the first <paramref name="count"/> keys and values, which others have computed.</summary>
    public void Inherit(int count)
    {
        (Computed, Recorded) = (count, count);
        if (count > 0)
        {
            Ahead?.Advance(count);
        }

        CachedPrompt = _inherited ? CachedPrompt : count;
        _inherited = true;
    }

    /// <summary>Takes the sequence out of work: its keys and values are given up.</summary>
    public void Leave()
    {
        Cache?.Dispose();
        (Cache, Ahead) = (null, null);
    }

    /// <summary>Takes note that the next <paramref name="count"/> tokens have been run: their keys and values are kept. Guesses that were checked are over.</summary>
    public void Advance(int count)
    {
        Cache!.Advance(count);
        (Computed, LastAdvance, DraftCount) = (Computed + count, count, _hasNewToken ? 0 : DraftCount);
    }

    /// <summary>The step is over: the blocks of all that is computed may be shared.</summary>
    public void EndStep() => (Recorded, _hasNewToken) = (Computed, false);

    /// <summary>Adds a guess; the caller fills in where it comes from.</summary>
    public DraftDistribution AddDraft(int token)
    {
        _tokens[Length + DraftCount] = token;
        return _distributions[DraftCount++] ??= new DraftDistribution(_draftTokens);
    }

    /// <summary>Where guess number <paramref name="index"/> of this step came from.</summary>
    public DraftDistribution Distribution(int index) => _distributions[index];

    /// <summary>Takes note that a guess has been checked.</summary>
    public void Count(bool accepted) => (Drafted, Accepted) = (Drafted + 1, Accepted + (accepted ? 1 : 0));

    /// <summary>Adds the token that <see cref="Sampler"/> chose.</summary>
    public void Append(int token)
    {
        _tokens[Length++] = token;
        _hasNewToken = true;
        EndedByToken = _endTokens.AsSpan().Contains(token);
        FinishReason = EndedByToken ? Inference.FinishReason.Stop : Length == Capacity ? Inference.FinishReason.Length : null;
    }

    /// <summary>Says how probable the token to come is, what it was drawn from (nothing: all tokens, or not asked), and what else was probable.</summary>
    public Span<TokenLogprob> Describe(float logprob, ReadOnlySpan<int> set)
    {
        (LastLogprob, LastSet) = (logprob, set.IsEmpty ? null : set.ToArray());
        return _top;
    }

    /// <summary>The experts of all tokens but the last, which has not been run; those of the step in work included.</summary>
    public ushort[] ReadExperts()
    {
        int width = Cache!.Table.Pool.Shape.Integers;
        ushort[] experts = new ushort[(Length - 1) * width];
        for (int row = 0; row < Length - 1; row++)
        {
            Span<int> ids = Cache.Integers(row);
            for (int i = 0; i < width; i++)
            {
                experts[(row * width) + i] = (ushort)ids[i];
            }
        }

        return experts;
    }

    /// <summary>Ends the output after the last token: a stop string is complete.</summary>
    public void Stop() => FinishReason = Inference.FinishReason.Stop;

    public void Fail(Exception failure) => Failure = failure;

    /// <summary>Gives the sequence up; it leaves the batch before the next step.</summary>
    public void Cancel() => _cancelled = true;
}
