using System.Text.Json;
using Razum.Inference;
using Razum.Inference.Sampling;
using Razum.Inference.Speculation;

namespace Razum.Tests.Inference.Sampling;

/// <summary>
/// The sampler against every case of <c>goldens/train/sampling</c>: single filters, penalties and biases, whole chains in vLLM's order, draws.
/// Rows of samplers that do not exist here (typical, mirostat, DRY, XTC, ...) and evaluation statistics are counted and printed.
/// </summary>
[Trait("golden", "yes")]
public sealed class SamplingGoldenTests(ITestOutputHelper output)
{
    public static TheoryData<string> Cases => [.. Goldens.Cases("train/sampling").Select(folder => Path.GetFileName(folder))];

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void RowsAreMet(string name)
    {
        SamplingCase golden = new(Path.Combine(Goldens.Root, "train", "sampling", name));
        if (golden.Expected.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty list in golden.Expected.EnumerateObject())
            {
                if (list.Name == "inverse_cdf")
                {
                    Draws(golden, list.Value);
                }
                else if (list.Name == "speculative")
                {
                    Speculative(golden, list.Value);
                }
                else if (list.Name == "speculative_sequences")
                {
                    SpeculativeSequences(golden, list.Value);
                }
                else
                {
                    golden.Leave(list.Name, list.Value.ValueKind == JsonValueKind.Array ? list.Value.GetArrayLength() : 1);
                }
            }
        }
        else
        {
            Dictionary<string, float[]>? vectors = null;
            foreach (JsonElement row in golden.Expected.EnumerateArray())
            {
                if (row.TryGetProperty("sampler", out JsonElement sampler))
                {
                    Filter(golden, row, sampler.GetString()!, vectors ??= golden.Vectors("vectors.safetensors"));
                }
                else if (row.TryGetProperty("kind", out JsonElement kind))
                {
                    History(golden, row, kind.GetString()!);
                }
                else
                {
                    Chain(golden, row);
                }
            }
        }

        golden.Conclude(output);
    }

    private static void Filter(SamplingCase golden, JsonElement row, string sampler, Dictionary<string, float[]> vectors)
    {
        double parameter = SamplingCase.Number(row.GetProperty("parameter"));
        SamplingOptions? options = sampler switch
        {
            "temperature" => new SamplingOptions { Temperature = parameter },
            "top_k" => new SamplingOptions { TopK = (int)parameter },
            "top_p" => new SamplingOptions { TopP = parameter },
            "min_p" => new SamplingOptions { MinP = parameter },
            _ => null,
        };
        if (options is null)
        {
            golden.Leave(sampler);
            return;
        }

        Candidates candidates = Filtered(options, vectors[$"v{row.GetProperty("vector").GetInt32():D2}"], [], []);
        if (row.GetProperty("kept") is { ValueKind: JsonValueKind.Array } kept)
        {
            golden.CheckIds($"{sampler}.kept", SamplingCase.Ids(kept), candidates.Ids);
        }
        else
        {
            golden.CheckIds($"{sampler}.kept_count", [row.GetProperty("kept_count").GetInt32()], [candidates.Count]);
        }

        if (row.TryGetProperty("probs", out JsonElement probabilities))
        {
            golden.CheckProbabilities($"{sampler}.probs", probabilities, candidates);
        }
    }

    private static void History(SamplingCase golden, JsonElement row, string kind)
    {
        switch (kind)
        {
            case "penalties":
                SamplingOptions options = new()
                {
                    RepetitionPenalty = SamplingCase.Number(row.GetProperty("repetition")),
                    PresencePenalty = SamplingCase.Number(row.GetProperty("presence")),
                    FrequencyPenalty = SamplingCase.Number(row.GetProperty("frequency")),
                };
                golden.CheckLogits("penalties", row.GetProperty("vllm_openai"), Adjusted(options, row));
                if (row.TryGetProperty("hf_repetition_only", out JsonElement repetition))
                {
                    golden.CheckLogits("repetition", repetition, Adjusted(options with { PresencePenalty = 0, FrequencyPenalty = 0 }, row));
                }

                break;
            case "logit_bias":
                options = new SamplingOptions { LogitBias = SamplingCase.Bias(row.GetProperty("bias")) };
                golden.CheckLogits("logit_bias", row.GetProperty("expected"), Adjusted(options, row));
                break;
            default:
                golden.Leave(kind);
                break;
        }
    }

    private static void Chain(SamplingCase golden, JsonElement row)
    {
        JsonElement settings = row.GetProperty("settings");
        double Setting(string name) => SamplingCase.Number(settings.GetProperty(name));
        SamplingOptions options = new()
        {
            Temperature = Setting("temperature"),
            TopK = (int)Setting("top_k"),
            TopP = Setting("top_p"),
            MinP = Setting("min_p"),
            RepetitionPenalty = Setting("repetition"),
            PresencePenalty = Setting("presence"),
            FrequencyPenalty = Setting("frequency"),
            LogitBias = SamplingCase.Bias(settings.GetProperty("bias")),
        };
        Candidates candidates = Filtered(
            options, SamplingCase.Floats(row.GetProperty("logits")), SamplingCase.Ids(row.GetProperty("prompt")), SamplingCase.Ids(row.GetProperty("output")));
        JsonElement expected = row.GetProperty("vllm_openai");
        golden.CheckIds("kept", SamplingCase.Ids(expected.GetProperty("kept")), candidates.Ids);
        golden.CheckProbabilities("probs", expected.GetProperty("probs"), candidates);
    }

    private static void Draws(SamplingCase golden, JsonElement rows)
    {
        foreach (JsonElement row in rows.EnumerateArray())
        {
            Candidates candidates = Filtered(new SamplingOptions(), SamplingCase.Floats(row.GetProperty("logits")), [], []);
            int token = InverseCdf.Draw(candidates, row.GetProperty("uniform").GetDouble());
            golden.CheckIds("inverse_cdf", [row.GetProperty("token").GetInt32()], [token]);
        }
    }

    private static void Speculative(SamplingCase golden, JsonElement rows)
    {
        foreach (JsonElement row in rows.EnumerateArray())
        {
            int token = Rejection.Choose(
                Distribution(row.GetProperty("target")),
                Draft(row.GetProperty("draft")),
                row.GetProperty("draft_token").GetInt32(),
                row.GetProperty("uniform_accept").GetDouble(),
                row.GetProperty("uniform_resample").GetDouble(),
                out bool accepted);
            golden.CheckIds("speculative", [row.GetProperty("token").GetInt32(), row.GetProperty("accepted").GetBoolean() ? 1 : 0], [token, accepted ? 1 : 0]);
        }
    }

    private static void SpeculativeSequences(SamplingCase golden, JsonElement rows)
    {
        foreach (JsonElement row in rows.EnumerateArray())
        {
            JsonElement[] targets = [.. row.GetProperty("target").EnumerateArray()], drafts = [.. row.GetProperty("draft").EnumerateArray()];
            int[] guesses = SamplingCase.Ids(row.GetProperty("draft_tokens"));
            double[] uniforms = SamplingCase.Numbers(row.GetProperty("uniforms"));
            double last = row.GetProperty("uniform_last").GetDouble();
            List<int> tokens = [];
            bool accepted = true;
            for (int i = 0; accepted && i < guesses.Length; i++)
            {
                tokens.Add(Rejection.Choose(Distribution(targets[i]), Draft(drafts[i]), guesses[i], uniforms[i], last, out accepted));
            }

            if (accepted)
            {
                tokens.Add(InverseCdf.Draw(Distribution(targets[guesses.Length]), last));
            }

            golden.CheckIds("speculative_sequences", SamplingCase.Ids(row.GetProperty("tokens")), [.. tokens]);
        }
    }

    /// <summary>Candidates with these probabilities.</summary>
    private static Candidates Distribution(JsonElement probabilities) =>
        Filtered(new SamplingOptions(), [.. SamplingCase.Numbers(probabilities).Select(p => (float)Math.Log(p))], [], []);

    private static DraftDistribution Draft(JsonElement probabilities)
    {
        DraftDistribution draft = new(probabilities.GetArrayLength());
        draft.Set(Distribution(probabilities));
        return draft;
    }

    private static Candidates Filtered(SamplingOptions options, float[] logits, int[] prompt, int[] answer)
    {
        Candidates candidates = new(logits.Length);
        Create(options, logits.Length, prompt, answer).Filter(logits, candidates);
        return candidates;
    }

    private static double[] Adjusted(SamplingOptions options, JsonElement row)
    {
        double[] logits = SamplingCase.Numbers(row.GetProperty("logits"));
        int[] Tokens(string name) => row.TryGetProperty(name, out JsonElement list) ? SamplingCase.Ids(list) : [];
        Create(options, logits.Length, Tokens("prompt"), Tokens("output")).Adjust(logits);
        return logits;
    }

    private static Sampler Create(SamplingOptions options, int vocabSize, int[] prompt, int[] answer)
    {
        options.Validate(vocabSize);
        Sampler sampler = new(options, vocabSize, prompt, seed: 0);
        foreach (int token in answer)
        {
            sampler.Append(token);
        }

        return sampler;
    }
}
