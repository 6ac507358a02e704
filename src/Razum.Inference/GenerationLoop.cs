using Razum.Inference.Sampling;

namespace Razum.Inference;

/// <summary>
/// The one generation loop, tokens only: admit, plan, run, choose, append. Text, streams and threads are its caller's. A step allocates no managed memory
/// unless a sequence joins, leaves or fails.
/// </summary>
internal sealed class GenerationLoop(StepModel model, Scheduler scheduler)
{
    private readonly Candidates _candidates = new(model.VocabSize);
    private readonly int[] _topIds = new int[SamplingOptions.MaxTopLogprobs];
    private readonly List<Sequence> _stepped = [];
    private long _version = model.Version;

    /// <summary>Whether a sequence is waiting or in work.</summary>
    public bool HasWork => scheduler.HasWork;

    /// <summary>Lets a sequence join before the next step.</summary>
    public void Add(Sequence sequence) => scheduler.Add(sequence);

    /// <summary>
    /// One step for all sequences in work. First those leave that are done, then others join. Returns those that got a token or failed; valid until the
    /// next step.
    /// </summary>
    public List<Sequence> Step()
    {
        _stepped.Clear();
        if (model.Version is var version && version != _version)
        {
            _version = version;
            scheduler.Forget();
        }

        scheduler.Admit();
        ReadOnlySpan<PlannedRows> plan = scheduler.Next();
        if (plan.IsEmpty)
        {
            return _stepped;
        }

        try
        {
            model.Forward(plan);
        }
        catch (Exception failure)
        {
            RunAlone(plan, failure);
            return _stepped;
        }

        Choose(plan);
        return _stepped;
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

            Choose(plan.Slice(i, 1));
        }
    }

    private void Choose(ReadOnlySpan<PlannedRows> plan)
    {
        int row = 0;
        foreach (PlannedRows rows in plan)
        {
            scheduler.Complete(rows);
            if (!rows.WantsLogits)
            {
                continue;
            }

            try
            {
                Choose(rows.Sequence, model.Logits(row++));
                _stepped.Add(rows.Sequence);
            }
            catch (Exception failure)
            {
                Fail(rows.Sequence, failure);
            }
        }
    }

    private void Choose(Sequence sequence, ReadOnlySpan<float> logits)
    {
        int token = sequence.Sampler.Next(logits, _candidates);
        if (sequence.Request.Sampling.WantsLogprobs)
        {
            Span<TokenLogprob> top = sequence.Describe(model.Logprob(logits, token));
            Span<int> ids = _topIds.AsSpan(0, top.Length);
            TopTokens.Find(logits, ids);
            for (int i = 0; i < ids.Length; i++)
            {
                top[i] = new TokenLogprob(ids[i], model.Logprob(logits, ids[i]));
            }
        }

        sequence.Append(token);
    }

    private void Fail(Sequence sequence, Exception failure)
    {
        sequence.Fail(failure);
        _stepped.Add(sequence);
    }
}
