using Razum.Text;

namespace Razum.Training.Data;

/// <summary><see cref="NanoExamples"/> as conversations to train on. What the evaluation part holds are held-out problems of the tasks in turn.</summary>
public sealed class NanoConversations(NanoExamples examples) : ConversationSource
{
    public override string Fingerprint => examples.Fingerprint;

    public override Conversation Get(Split split, long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ChatExample example = split == Split.Train ? examples.Training((ulong)index) : examples.Evaluation((ulong)index);
        List<ChatMessage> messages = [];
        foreach (ExampleTurn turn in example.Turns)
        {
            messages.Add(new ChatMessage("user", turn.User));
            messages.Add(new ChatMessage("assistant", turn.Answer, turn.Reasoning));
        }

        return new Conversation(messages, example.Turns[^1].Thinking);
    }
}
