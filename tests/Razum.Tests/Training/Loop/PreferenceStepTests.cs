using Razum.Models;
using Razum.Tensors;
using Razum.Text;
using Razum.Training.Data;
using Razum.Training.Loop;
using Razum.Training.Objectives;
using Razum.Training.Runs;

namespace Razum.Tests.Training.Loop;

/// <summary>Gradients of a step on pairs: the slope that its loss really has, however the step is cut into micro-batches.</summary>
public sealed class PreferenceStepTests : IDisposable
{
    private static readonly (AnswerTokens Chosen, AnswerTokens Rejected)[] s_pairs =
        [(Answer(3, 5, 1), Answer(3, 9, 2)), (Answer(6, 2, 3), Answer(6, 1, 4)), (Answer(1, 7, 5), Answer(1, 7, 6))];

    private readonly TemporaryFolder _folder = new();

    /// <summary>All kinds, so that a new one is tested by being there.</summary>
    public static TheoryData<PreferenceKind> Kinds => [.. Enum.GetValues<PreferenceKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_step_has_the_slope_of_its_loss_however_it_is_cut(PreferenceKind kind)
    {
        var settings = new PreferenceSettings
        {
            Kind = kind,
            Beta = kind is PreferenceKind.Ipo or PreferenceKind.SigmoidNorm ? 1 : 0.2,
            LabelSmoothing = kind is PreferenceKind.Conservative or PreferenceKind.Robust ? 0.1 : 0,
            Nll = 0.05,
        };
        using Trainee trainee = Make(1000), cutting = Make(1);
        ModelConfig config = trainee.Decoder.Config;
        var reference = new Decoder(config, new RandomParameters(4, 0.1f)); // another model: log-ratios are not 0
        double loss = new PreferenceStep(trainee, settings, reference).Accumulate(s_pairs, new PreferenceMetrics()).Loss;
        float[] gradient = Gradient(trainee);
        (double cut, long tokens, _) = new PreferenceStep(cutting, settings, reference).Accumulate(s_pairs, new PreferenceMetrics());
        Assert.Equal(s_pairs.Sum(p => p.Chosen.Tokens.Length + p.Rejected.Tokens.Length - 2), tokens);
        Assert.Equal(loss, cut, 1e-6 * Math.Max(1, Math.Abs(loss)));
        double scale = gradient.Max(Math.Abs);
        Assert.All(gradient.Zip(Gradient(cutting)), p => Assert.Equal(p.First, p.Second, 1e-5 * scale));

        // Along the gradient: (L(w + t g) - L(w - t g)) / 2t = |g|^2.
        double square = gradient.Sum(g => (double)g * g);
        double t = 0.005 / square;
        double slope = (At(t) - At(-t)) / (2 * t);
        Assert.Equal(1, slope / square, 0.02);

        double At(double distance)
        {
            Move(trainee, gradient, distance);
            double value = new PreferenceStep(trainee, settings, reference).Evaluate(s_pairs, new PreferenceMetrics());
            Move(trainee, gradient, -distance);
            return value;
        }
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Tokens that no two answers share.</summary>
    private static AnswerTokens Answer(int prompt, int length, int seed) =>
        new([.. Enumerable.Range(0, prompt).Select(i => 40 + prompt + i), .. Enumerable.Range(0, length).Select(i => 70 + (7 * i * seed % 90))], prompt);

    private static void Move(Trainee trainee, float[] direction, double distance)
    {
        int from = 0;
        foreach (Weight weight in trainee.Decoder.Parameters.Where(w => w.Gradient is not null))
        {
            Span<float> values = weight.AsSpan();
            for (int i = 0; i < values.Length; i++)
            {
                values[i] += (float)(distance * direction[from++]);
            }

            weight.MarkChanged();
        }
    }

    private static float[] Gradient(Trainee trainee) => [.. trainee.Decoder.Parameters.Where(w => w.Gradient is not null).SelectMany(w => w.Gradient!.Value.ToArray())];

    private Trainee Make(int microBatchTokens)
    {
        ModelConfig config = ModelConfigReader.Parse(TinyModel.Json, "tiny");
        var run = new RunConfig
        {
            Name = "step",
            Seed = 3,
            Model = config,
            Output = _folder.Path,
            SequenceLength = 32,
            MicroBatchTokens = microBatchTokens,
            AdamW = new(),
            CheckpointEvery = 1,
            Stages = [],
            Hash = "",
        };
        ByteTokenizer.Write(_folder.File("tokenizer"));
        var decoder = new Decoder(config, new RandomParameters(3, 0.1f, config.NumHiddenLayers));
        return new Trainee(run, decoder, Tokenizer.Load(_folder.File("tokenizer")), new TrainOptions { Threads = 2 });
    }
}
