using Razum.Inference.Sampling;
using Razum.Inference.Speculation;

namespace Razum.Inference;

/// <summary>
/// The one generation loop, tokens only: admit, plan, run, choose, append, draft. Text, streams and threads are its caller's. A step allocates no managed
/// memory unless a sequence joins, leaves or fails.
/// </summary>
/// <param name="model">What is run.</param>
/// <param name="scheduler">What decides about rows and memory.</param>
/// <param name="deliver">Told of every sequence that got a token or failed, token by token; may end it with <see cref="Sequence.Stop"/>.</param>
internal sealed class GenerationLoop(StepModel model, Scheduler scheduler, Action<Sequence>? deliver = null)
{
    private readonly Candidates _candidates = new(model.VocabSize);
    private readonly PromptLookup _lookup = new();
    private readonly int[] _topIds = new int[SamplingOptions.MaxTopLogprobs];
    private long _version = model.Version;

    /// <summary>Whether a sequence is waiting or in work.</summary>
    public bool HasWork => scheduler.HasWork;

    /// <summary>Lets a sequence join before the next step.</summary>
    public void Add(Sequence sequence) => scheduler.Add(sequence);

    /// <summary>One step for all sequences in work. First those leave that are done, then others join.</summary>
    public void Step()
    {
        if (scheduler.HasBeginners && model.Version is var version && version != _version)
        {
            _version = version;
            scheduler.Forget();
        }

        scheduler.Admit();
        ReadOnlySpan<PlannedRows> plan = scheduler.Next();
        if (plan.IsEmpty)
        {
            return;
        }

        try
        {
            model.Forward(plan);
        }
        catch (Exception failure)
        {
            RunAlone(plan, failure);
            return;
        }

        Conclude(plan);
    }

    /// <summary>Gives up everything that is waiting or in work, and tells why.</summary>
    public void Abandon(Action<Sequence, Exception> tell, Exception reason)
    {
        foreach (Sequence sequence in scheduler.All)
        {
            tell(sequence, reason);
            sequence.Cancel();
        }

        scheduler.Admit();
    }

    /// <summary>A step failed: runs its sequences one by one, so that only the one at fault is lost.</summary>
    private void RunAlone(ReadOnlySpan<PlannedRows> plan, Exception failure)
    {
        if (plan.Length == 1)
        {
            Fail(plan[0].Sequence, failure);
            return;
        }

        for (int i = 0; i < plan.Length; i++)
        {
            try
            {
                model.Forward(plan.Slice(i, 1));
            }
            catch (Exception own)
            {
                Fail(plan[i].Sequence, own);
                continue;
            }

            Conclude(plan.Slice(i, 1));
        }
    }

    /// <summary>The rows have been run: chooses tokens, keeps what is right, drafts, shares.</summary>
    private void Conclude(ReadOnlySpan<PlannedRows> plan)
    {
        int row = 0;
        foreach (PlannedRows rows in plan)
        {
            int kept = rows.Count - rows.LogitRows;
            try
            {
                kept += Choose(rows.Sequence, row, rows.LogitRows);
            }
            catch (Exception failure)
            {
                Fail(rows.Sequence, failure);
            }

            rows.Sequence.Advance(kept);
            row += rows.LogitRows;
        }

        try
        {
            model.Drafter?.Draft(plan);
            _lookup.Draft(plan);
        }
        catch (Exception failure)
        {
            foreach (PlannedRows rows in plan)
            {
                Fail(rows.Sequence, failure);
            }
        }

        scheduler.Record(plan);
    }

    /// <summary>Appends the tokens after the newest one and its drafts, up to the first draft that is wrong. Returns how many.</summary>
    private int Choose(Sequence sequence, int row, int rows)
    {
        int appended = 0;
        for (bool goesOn = true; goesOn && appended < rows; appended++)
        {
            ReadOnlySpan<float> logits = model.Logits(row + appended);
            goesOn = false;
            int token;
            if (appended < rows - 1)
            {
                token = sequence.Sampler.Verify(logits, _candidates, sequence.NextDraft, sequence.Distribution(appended), out goesOn);
                sequence.Count(goesOn);
            }
            else
            {
                token = sequence.Sampler.Next(logits, _candidates);
            }

            if (sequence.Request.Sampling.WantsLogprobs)
            {
                Describe(sequence, logits, token);
            }

            sequence.Append(token);
            deliver?.Invoke(sequence);
            goesOn &= !sequence.IsDone;
        }

        return appended;
    }

    private void Describe(Sequence sequence, ReadOnlySpan<float> logits, int token)
    {
        SamplingOptions sampling = sequence.Request.Sampling;
        float temperature = sampling.TemperedLogprobs || sampling.RecordSets ? (float)sampling.Temperature : 1;
        ReadOnlySpan<int> set = sampling.RecordSets && _candidates.Count < model.VocabSize ? _candidates.Ids : []; // a draw leaves them as they were
        Span<TokenLogprob> top = sequence.Describe(model.Logprob(logits, token, temperature, set), set);
        Span<int> ids = _topIds.AsSpan(0, top.Length);
        TopTokens.Find(logits, ids);
        for (int i = 0; i < ids.Length; i++)
        {
            top[i] = new TokenLogprob(ids[i], model.Logprob(logits, ids[i], temperature, set));
        }
    }

    private void Fail(Sequence sequence, Exception failure)
    {
        sequence.Fail(failure);
        deliver?.Invoke(sequence);
    }
}
