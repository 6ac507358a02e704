using System.Text;
using System.Threading.Channels;
using Razum.Inference.Text;
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

    public ChannelReader<GenerationChunk> Reader => _channel.Reader;

    /// <summary>Passes on the newest token of a sequence, and its end.</summary>
    public void Deliver(Sequence sequence)
    {
        _tokens.Add(Describe(sequence));
        ReasoningDelta delta;
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
            delta = sequence.FinishReason is null ? new ReasoningDelta("", "") : new ReasoningDelta(_reasoning.ToString(), _content.ToString());
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

    /// <summary>Writes the new reasoning, then the new answer; tokens go with the last of them, and so does what there is to say of a sequence that has ended.</summary>
    private void Write(ReasoningDelta delta, Sequence? ended)
    {
        if (delta.IsEmpty && ended is null)
        {
            return;
        }

        bool isReasoning = delta.Reasoning.Length > 0 && delta.Content.Length == 0;
        if (delta.Reasoning.Length > 0 && !isReasoning)
        {
            _channel.Writer.TryWrite(new GenerationChunk { Text = delta.Reasoning, Kind = ChunkKind.Reasoning });
        }

        _channel.Writer.TryWrite(new GenerationChunk
        {
            Text = isReasoning ? delta.Reasoning : delta.Content,
            Kind = isReasoning ? ChunkKind.Reasoning : ChunkKind.Answer,
            Tokens = _tokens.ToArray(),
            FinishReason = ended?.FinishReason,
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
}
