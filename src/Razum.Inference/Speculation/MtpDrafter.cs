using Razum.Inference.Sampling;
using Razum.Models;
using Razum.Tensors;

namespace Razum.Inference.Speculation;

/// <summary>
/// Drafts with the model's own layer of multi-token prediction. After every step it takes in the new tokens, each with the hidden state before it; its keys and
/// values lie beside those of the model. The first draft comes from the newest token; for more the layer's output takes the place of the hidden state.
/// </summary>
internal sealed class MtpDrafter(DecoderModel model, Decoder decoder, CpuOps ops, int maxSequences) : Drafter
{
    private readonly MultiTokenPrediction _layer = decoder.Mtp!;
    private readonly Candidates _candidates = new(decoder.Config.VocabSize);
    private readonly Batch _batch = new();
    private readonly List<Sequence> _drafting = new(maxSequences);
    private readonly int[] _last = new int[maxSequences];
    private int[] _rows = new int[64];

    public override void Draft(ReadOnlySpan<PlannedRows> plan)
    {
        _batch.Clear();
        _drafting.Clear();
        int row = 0;
        foreach (PlannedRows rows in plan)
        {
            if (rows.Sequence.Failure is null)
            {
                TakeIn(rows.Sequence, row);
            }

            row += rows.Count;
        }

        if (_batch.Count == 0)
        {
            return;
        }

        Tensor hidden = _layer.Forward(ops, ops.Gather(model.Hidden, _rows.AsSpan(0, _batch.Count)), _batch); // [T, D]
        _batch.Commit();
        for (int depth = 0; _drafting.Count > 0; depth++)
        {
            hidden = ops.Gather(hidden, _last.AsSpan(0, _drafting.Count)); // [R, D], a row for each that drafts
            DrawAll(decoder.Logits(ops, hidden), depth);
            Chain();
            if (_drafting.Count > 0)
            {
                hidden = _layer.Forward(ops, ops.Gather(hidden, _last.AsSpan(0, _drafting.Count)), _batch);
                _batch.Commit();
                Number(_last.AsSpan(0, _drafting.Count));
            }
        }
    }

    private static void Number(Span<int> rows)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = i;
        }
    }

    /// <summary>The rows that a step has added, each with the token after it.</summary>
    private void TakeIn(Sequence sequence, int row)
    {
        int count = sequence.LastAdvance;
        if (_batch.Count + count > _rows.Length)
        {
            Array.Resize(ref _rows, 2 * (_batch.Count + count));
        }

        for (int i = 0; i < count; i++)
        {
            _rows[_batch.Count + i] = row + i;
        }

        sequence.Ahead!.Truncate(sequence.Computed - count + 1); // chained rows of the step before
        _batch.Add(sequence.Tokens.Slice(sequence.Computed - count + 1, count), sequence.Ahead, sequence.Adapter);
        if (sequence is { WantsDrafts: true, Speculation: SpeculationKind.Mtp })
        {
            _last[_drafting.Count] = _batch.Count - 1;
            _drafting.Add(sequence);
        }
    }

    private void DrawAll(Tensor logits, int depth)
    {
        for (int i = 0; i < _drafting.Count; i++)
        {
            Sequence sequence = _drafting[i];
            int token = sequence.Sampler.Draft(logits[i], _candidates, depth);
            sequence.AddDraft(token).Set(_candidates);
        }
    }

    /// <summary>Keeps those that draft on, and their rows; the last draft of each is the next to be run.</summary>
    private void Chain()
    {
        _batch.Clear();
        int going = 0;
        for (int i = 0; i < _drafting.Count; i++)
        {
            if (_drafting[i] is { DraftRoom: > 0 } sequence)
            {
                _batch.Add(sequence.Drafts[^1..], sequence.Ahead, sequence.Adapter);
                _last[going] = i;
                _drafting[going++] = sequence;
            }
        }

        _drafting.RemoveRange(going, _drafting.Count - going);
    }
}
