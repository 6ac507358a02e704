using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Autograd;
using Razum.Training.Objectives;
using Razum.Training.Rollouts;

namespace Razum.Training.Loop;

/// <summary>
/// How far the student is from its teacher at every token of its own answers, over the whole vocabulary, mean over tokens, and the gradients of that: GKD with
/// all data on-policy (arXiv 2306.13649). Drawing the answers has no gradient. T packed tokens, R tokens of answers, D hidden, V tokens of the vocabulary.
/// </summary>
internal sealed class DistillationStep(Trainee trainee, Teacher teacher, DistillationSettings settings)
{
    private readonly Tape _tape = new(trainee.Ops);
    private readonly PackedAnswers _packed = new();

    /// <summary>Adds the gradients of the mean over these answers to the weights.</summary>
    public PolicyUpdate Accumulate(IReadOnlyList<Rollout> answers) => Walk(answers, learns: true);

    /// <summary>The mean over these answers, nothing learned.</summary>
    public double Evaluate(IReadOnlyList<Rollout> answers) => Walk(answers, learns: false).Loss;

    private PolicyUpdate Walk(IReadOnlyList<Rollout> answers, bool learns)
    {
        // Longest first: what is packed together has about the same length, and memory is at its largest at once.
        Rollout[] ordered = [.. answers.OrderByDescending(a => a.Tokens.Length)];
        long tokens = ordered.Sum(a => (long)a.Length);
        PolicyUpdate update = new() { Learned = ordered.Length };
        foreach (MixtureOfExperts mixture in trainee.Decoder.Mixtures)
        {
            mixture.BalanceAlpha = 0;
        }

        Ops ops = learns ? _tape : trainee.Ops;
        for (int from = 0; from < ordered.Length;)
        {
            int to = Fill(ordered, from);
            Tensor logits = teacher.Logits(trainee.Ops, _packed.Batch, _packed.AnswerRows); // [R, V]
            Tensor hidden = ops.Gather(trainee.Decoder.Forward(ops, _packed.Batch), _packed.AnswerRows); // [R, D]
            float[] weights = new float[_packed.Rows];
            Array.Fill(weights, (float)(1.0 / tokens));
            Tensor loss = ops.HeadLoss(hidden, trainee.Decoder.Head, new DistillationLoss(settings, logits, _packed.Targets.ToArray()), weights);
            update = update.Plus(new PolicyUpdate { Loss = loss.Value, Tokens = _packed.Tokens, Flops = Flops(ordered.AsSpan(from..to)) });
            if (learns)
            {
                _tape.Backward(loss);
                _tape.Clear();
            }

            trainee.Ops.Arena.Reset();
            from = to;
        }

        return update;
    }

    /// <summary>Packs answers from <paramref name="from"/> on while they fit, at least one; returns the first that did not.</summary>
    private int Fill(Rollout[] answers, int from)
    {
        _packed.Clear();
        int to = from;
        while (to < answers.Length && (to == from || _packed.Tokens + answers[to].Tokens.Length - 1 <= trainee.Run.MicroBatchTokens))
        {
            Rollout answer = answers[to++];
            _packed.Add(answer.Tokens, answer.PromptLength);
        }

        return to;
    }

    /// <summary>Of the student; the teacher's are not counted.</summary>
    private double Flops(ReadOnlySpan<Rollout> answers)
    {
        double sum = 0;
        foreach (Rollout answer in answers)
        {
            sum += trainee.Cost.TrainingPasses * trainee.Cost.Forward(0, answer.Tokens.Length - 1, answer.Length);
        }

        return sum;
    }
}
