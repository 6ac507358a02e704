using System.Globalization;
using Razum.Inference;
using Razum.Models.Adapters;
using Razum.Tensors;
using Razum.Text;
using Razum.Text.Parsers;
using Razum.Training.Evals;

namespace Razum.Cli;

/// <summary>A model folder made ready to talk: its files, an engine over them, and conversations with it.</summary>
internal sealed class LoadedModel : IAsyncDisposable
{
    private readonly ModelBundle _bundle;

    private LoadedModel(ModelBundle bundle, EngineOptions options)
    {
        _bundle = bundle;
        Engine = new Engine(bundle, options);
    }

    public IEngine Engine { get; }

    /// <summary>How tokens are chosen unless the user says otherwise.</summary>
    public SamplingOptions Sampling => _bundle.Defaults.Sampling;

    /// <summary>A few words on the model.</summary>
    public string About => string.Create(
        CultureInfo.InvariantCulture,
        $"{_bundle.Decoder.Config.ModelType}, {Parameters.Sum(w => w.Count) / 1e6:0.0} M parameters{Quantised}, context {_bundle.Info.ContextLength}");

    /// <summary>The coarsest format of the weights, if they are quantised.</summary>
    private string Quantised => Parameters.Max(w => w.Format) is var format && format > WeightFormat.F16 ? $" in {format}" : "";

    private IReadOnlyList<Weight> Parameters => _bundle.Decoder.Parameters;

    /// <param name="folder">The model's folder.</param>
    /// <param name="options">How its engine works.</param>
    /// <param name="format">A block format to quantise matrices to; null leaves them as they are.</param>
    /// <param name="adapters">LoRA adapters (see <see cref="ModelBundle.Load"/>); null for the model alone.</param>
    /// <exception cref="InvalidDataException">A file is damaged or missing.</exception>
    /// <exception cref="ArgumentException">The options do not fit the model or the machine.</exception>
    public static LoadedModel Load(string folder, EngineOptions options, WeightFormat? format = null, IReadOnlyList<NamedAdapter>? adapters = null)
    {
        ModelBundle bundle = ModelBundle.Load(folder, format, options.Threads, options, adapters);
        try
        {
            return new LoadedModel(bundle, options);
        }
        catch
        {
            bundle.Dispose();
            throw;
        }
    }

    /// <summary>Tools that the model may call, as a JSON array of their descriptions; null for none.</summary>
    public string? Tools { get; set; }

    /// <summary>The request that continues a conversation.</summary>
    /// <exception cref="ArgumentException">There are tools, and the model's template has no place for them or no known way to call them.</exception>
    public GenerationRequest Render(IReadOnlyList<ChatMessage> messages, bool thinks)
    {
        var options = new ChatOptions { Thinking = thinks, Now = DateTime.Now };
        string text = _bundle.Template.Render(messages, options);
        if (Tools is not null)
        {
            string without = text;
            text = _bundle.Template.Render(messages, options with { Tools = Tools });
            if (text == without || _bundle.Template.ToolCalls == ToolCallFormat.None)
            {
                throw new ArgumentException($"--tools: the chat template of {_bundle.Info.Name} has no place for tools, or no way of calling them that is known");
            }
        }

        return new GenerationRequest
        {
            Prompt = _bundle.Tokenizer.Encode(text),
            ToolCalls = Tools is null ? ToolCallFormat.None : _bundle.Template.ToolCalls,
            StartsInReasoning = _bundle.Template.StartsInReasoning(options),
            StopTokens = [_bundle.Template.EndOfTurn],
        };
    }

    /// <summary>An evaluation of this model.</summary>
    public TaskEvaluation Evaluation(EvaluationOptions options) => new(Engine, _bundle.Tokenizer, _bundle.Template, options);

    /// <summary>Draws of this model.</summary>
    public Sampling Sample(SamplingRun run) => new(Engine, _bundle.Tokenizer, _bundle.Template, run);

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync().ConfigureAwait(false);
        _bundle.Dispose();
    }
}
