using System.Text;
using System.Threading.Channels;
using Razum.Inference.Text;
using Razum.Text;
using Razum.Text.Parsers;

namespace Razum.Inference;

/// <summary>
/// The way of one answer from the engine's thread to its reader: tokens become text, text is searched for stop strings, pieces go into a channel.
/// </summary>
/// <param name="text">Makes text of the tokens.</param>
/// <param name="collected">Whether all pieces are held until the answer is complete.</param>
internal sealed class AnswerStream(AnswerText text, bool collected)
{
    private readonly Channel<GenerationChunk> _channel =
        Channel.CreateUnbounded<GenerationChunk>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private readonly List<GeneratedToken> _tokens = [];
    private readonly StringBuilder _reasoning = new();
    private readonly StringBuilder _content = new();
    private readonly List<ToolCall> _calls = [];
    private int _callCount;

    public ChannelReader<GenerationChunk> Reader => _channel.Reader;

    /// <summary>Passes on the newest token of a sequence, and its end.</summary>
    public void Deliver(Sequence sequence)
    {
        _tokens.Add(Describe(sequence));
        ToolCallDelta delta;
        if (sequence.EndedByToken)
        {
            delta = text.Finish();
        }
        else
        {
            delta = text.Append(sequence.LastToken);
            if (text.Stopped)
            {
                sequence.Stop();
            }

            delta = sequence.FinishReason is null ? delta : AnswerText.Join(delta, text.Finish());
        }

        if (collected)
        {
            _reasoning.Append(delta.Reasoning);
            _content.Append(delta.Content);
            _calls.AddRange(delta.ToolCalls);
            delta = sequence.FinishReason is null ? new ToolCallDelta("", "", []) : new ToolCallDelta(_reasoning.ToString(), _content.ToString(), _calls);
        }

        if (sequence.FinishReason is null)
        {
            Write(delta, null);
        }
        else
        {
            Write(delta, sequence);
            _channel.Writer.TryComplete();
        }
    }

    /// <summary>Ends the answer with an error.</summary>
    public void Fail(Exception failure) => _channel.Writer.TryComplete(failure);

    private static GeneratedToken Describe(Sequence sequence)
    {
        SamplingOptions sampling = sequence.Request.Sampling;
        return new GeneratedToken(
            sequence.LastToken,
            sampling.WantsLogprobs ? sequence.LastLogprob : null,
            sampling.TopLogprobs > 0 ? sequence.LastTop.ToArray() : [])
        {
            Set = sequence.LastSet,
        };
    }

    /// <summary>
    /// Writes the new reasoning, then the new answer, then the new calls; tokens go with the last of them, and so does what there is to say of a sequence that
    /// has ended.
    /// </summary>
    private void Write(in ToolCallDelta delta, Sequence? ended)
    {
        if (delta.IsEmpty && ended is null)
        {
            return;
        }

        GenerationChunk? last = delta.Reasoning.Length == 0 ? null : new GenerationChunk { Text = delta.Reasoning, Kind = ChunkKind.Reasoning };
        if (delta.Content.Length > 0)
        {
            Write(last);
            last = new GenerationChunk { Text = delta.Content };
        }

        if (delta.ToolCalls.Count > 0)
        {
            Write(last);
            last = new GenerationChunk { Kind = ChunkKind.ToolCalls, ToolCalls = [.. delta.ToolCalls.Select(c => new ToolCallPart(_callCount++, c.Name, c.Arguments, c.Id))] };
        }

        Write((last ?? new GenerationChunk()) with
        {
            Tokens = _tokens.ToArray(),
            FinishReason = ended?.FinishReason is FinishReason.Stop && _callCount > 0 ? FinishReason.ToolCalls : ended?.FinishReason,
            Experts = ended is { Request.RecordRouting: true } ? ended.ReadExperts() : null,
            Usage = ended is null ? null : new Usage(ended.PromptLength, ended.OutputLength)
            {
                CachedPromptTokens = ended.CachedPrompt,
                DraftedTokens = ended.Drafted,
                AcceptedTokens = ended.Accepted,
            },
        });
        _tokens.Clear();
    }

    private void Write(GenerationChunk? chunk)
    {
        if (chunk is not null)
        {
            _channel.Writer.TryWrite(chunk);
        }
    }
}
