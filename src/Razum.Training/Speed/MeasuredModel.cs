using Razum.Inference;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Machine;
using Razum.Tensors.Threading;
using Razum.Text;

namespace Razum.Training.Speed;

/// <summary>A model to be measured: from a folder, or a named shape with random weights. Made only if memory has room for it.</summary>
public sealed class MeasuredModel : IDisposable
{
    private MeasuredModel(ModelBundle bundle) => Bundle = bundle;

    public ModelBundle Bundle { get; }

    /// <summary>A model folder in the published layout.</summary>
    /// <exception cref="InvalidDataException">A file is damaged or missing.</exception>
    /// <exception cref="ArgumentException">It does not fit memory.</exception>
    public static MeasuredModel Load(string folder, BenchmarkOptions options)
    {
        ModelBundle bundle = ModelBundle.Load(folder, options.Quantize, options.Threads);
        try
        {
            MemoryNeed.OfInference(bundle.Decoder, w => w.StoredBytes, options).Check(bundle.Info.Name);
            return new MeasuredModel(bundle);
        }
        catch
        {
            bundle.Dispose();
            throw;
        }
    }

    /// <summary>One of <see cref="NamedShapes"/> with random weights in BF16, or quantised matrix by matrix.</summary>
    /// <exception cref="ArgumentException">There is no such shape, or it does not fit memory.</exception>
    public static MeasuredModel Fill(string shape, BenchmarkOptions options)
    {
        ModelConfig config = NamedShapes.Get(shape);
        MemoryNeed.OfInference(new Decoder(config, new ShapeParameters()), FilledParameters.Bytes, options).Check(shape);
        using var pool = new WorkerPool(options.Threads > 0 ? options.Threads : Processor.Threads);
        // Absorbed, as the loader has it: decoding reads the cached latents as they are.
        ParameterSource source = new FilledParameters(pool, config.InitializerRange);
        source = options.Quantize is { } format ? new QuantisedParameters(source, format, pool) : source;
        var decoder = new Decoder(config, source) { LatentForm = LatentAttentionForm.Absorbed };
        return new MeasuredModel(new ModelBundle(shape, decoder, Bytes()));
    }

    public void Dispose()
    {
        foreach (Weight weight in Bundle.Decoder.Parameters)
        {
            weight.Dispose();
        }

        Bundle.Dispose();
    }

    /// <summary>Any tokenizer serves: tokens of the model that it does not know have no text.</summary>
    private static Tokenizer Bytes()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("razum-");
        try
        {
            ByteTokenizer.Write(folder.FullName);
            return Tokenizer.Load(folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
