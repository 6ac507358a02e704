using Razum.Inference;
using Razum.Models;
using Razum.Training.Runs;

namespace Razum.Benchmarks;

/// <summary>The shape of <c>runs/r1/base.json</c> with random weights.</summary>
internal static class NanoShape
{
    internal static Decoder Create() =>
        new(Config(), new RandomParameters(1, 0.1f)) { LatentForm = LatentAttentionForm.Absorbed };

    internal static ModelInfo Info(Decoder decoder) => new("nano", decoder.Config.VocabSize, decoder.Config.MaxPositionEmbeddings, []);

    internal static ModelConfig Config()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "runs", "r1", "base.json");
            if (File.Exists(path))
            {
                return RunConfigReader.Read(path).Model;
            }
        }

        throw new FileNotFoundException("runs/r1/base.json is in no folder above this program");
    }
}
