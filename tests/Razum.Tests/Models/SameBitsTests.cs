using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Autograd;
using Razum.Tensors.Simd;

namespace Razum.Tests.Models;

/// <summary>
/// The property everything stands on: a row's bits depend on its own sequence alone. For every golden architecture (GQA, MLA in both forms, experts), F32,
/// BF16 and quantised weights, every instruction set, products in F32, in BF16 and, for weights that have them, in FP8. The golden models are too narrow for Q4_K, so there is a wide one with
/// random weights.
/// </summary>
[Trait("golden", "yes")]
public sealed class SameBitsTests
{
    private static readonly int[] s_tokens = [.. Enumerable.Range(0, 75).Select(i => ((i * 37) + (i * i)) % 90)];
    private static readonly int[] s_stranger = [.. Enumerable.Range(0, 41).Select(i => ((i * 11) + 5) % 90)];

    private static readonly WeightFormat[] s_formats = [WeightFormat.F32, WeightFormat.BF16, WeightFormat.Q8_0];

    /// <summary>Products in BF16 only for the two widest sets: machine code and portable code, where both exist.</summary>
    private static readonly Variant[] s_variants =
    [
        .. InstructionSets.Supported.Select(set => new Variant(set, Arithmetic.F32)),
        .. InstructionSets.Supported.TakeLast(2).Select(set => new Variant(set, Arithmetic.BF16)),
        .. InstructionSets.Supported.Select(set => new Variant(set, Arithmetic.FP8)),
    ];

    public static TheoryData<string, WeightFormat, LatentAttentionForm> Presets
    {
        get
        {
            var data = new TheoryData<string, WeightFormat, LatentAttentionForm>();
            HashSet<string> latent = [.. LanguageModelCase.LatentNames];
            foreach (string name in LanguageModelCase.Names)
            {
                foreach (WeightFormat format in s_formats)
                {
                    data.Add(name, format, LatentAttentionForm.Expanded);
                    if (latent.Contains(name))
                    {
                        data.Add(name, format, LatentAttentionForm.Absorbed);
                    }
                }
            }

            foreach (WeightFormat format in (WeightFormat[])[WeightFormat.Q8_0, WeightFormat.Q6_K, WeightFormat.Q5_K, WeightFormat.Q4_K, WeightFormat.Q2_K])
            {
                data.Add(WideModel.Name, format, LatentAttentionForm.Expanded);
                data.Add(WideModel.Name, format, LatentAttentionForm.Absorbed);
            }

            return data;
        }
    }

    public static TheoryData<string, WeightFormat> LatentPresets => new(
        from name in LanguageModelCase.LatentNames
        from format in s_formats
        select new TheoryDataRow<string, WeightFormat>(name, format));

    [Theory]
    [MemberData(nameof(Presets))]
    public void Full_equals_chunks_and_decoding_equals_packed_equals_any_threads(string name, WeightFormat format, LatentAttentionForm form)
    {
        Decoder decoder = Load(name, format, form);
        foreach (Variant variant in s_variants.Where(v => Matters(v.Arithmetic, decoder)))
        {
            float[] full = Alone(decoder, 1, variant);
            Assert.Equal(full, Alone(decoder, 2, variant));
            Assert.Equal(full, Alone(decoder, 3, variant));
            Assert.Equal(full, AmongStrangers(decoder, variant));
            Assert.Equal(full, InPieces(decoder, variant, [40, 1, 1, 20, 1, 1, 11]));
            Assert.Equal(full, InPieces(decoder, variant, [.. Enumerable.Repeat(1, s_tokens.Length)]));
        }
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public void Machine_code_gives_the_bits_of_portable_code(string name, WeightFormat format, LatentAttentionForm form)
    {
        Assert.SkipUnless(InstructionSets.Supported.Contains(InstructionSet.Jit), "no machine code here");
        Decoder decoder = Load(name, format, form);
        foreach (Arithmetic arithmetic in Enum.GetValues<Arithmetic>().Where(a => a != Arithmetic.FP8 || Matters(a, decoder)))
        {
            Assert.Equal(Alone(decoder, 1, new Variant(InstructionSet.Avx512, arithmetic)), Alone(decoder, 2, new Variant(InstructionSet.Jit, arithmetic)));
        }
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public void Log_probabilities_of_the_sampler_are_those_of_the_trainer(string name, WeightFormat format, LatentAttentionForm form)
    {
        foreach (Arithmetic arithmetic in Enum.GetValues<Arithmetic>().Where(a => a != Arithmetic.FP8)) // nothing is trained in it
        {
            CompareLogProbabilities(Load(name, format, form), arithmetic);
        }
    }

    /// <summary>Whether an arithmetic has products of its own with weights of the model.</summary>
    private static bool Matters(Arithmetic arithmetic, Decoder decoder) => arithmetic switch
    {
        Arithmetic.F32 => true,
        Arithmetic.FP8 => decoder.Parameters.Any(w => w.Format == WeightFormat.F8_E4M3),
        _ => !decoder.Parameters.Any(w => WeightFormats.Quantised.Contains(w.Format)),
    };

    private static void CompareLogProbabilities(Decoder decoder, Arithmetic arithmetic)
    {
        using var ops = new CpuOps(2, null, arithmetic);
        using KeyValueCache cache = decoder.CreateCache(s_tokens.Length);
        using KeyValueCache other = decoder.CreateCache(s_tokens.Length);
        var batch = new Batch();
        float[] sampled = new float[s_tokens.Length - 1];
        for (int i = 0; i < sampled.Length; i++)
        {
            ops.Arena.Reset();
            batch.Clear();
            batch.Add(s_tokens.AsSpan(i, 1), cache);
            batch.Add(s_stranger.AsSpan(i % s_stranger.Length, 1), other);
            Tensor logits = decoder.Logits(ops, decoder.Forward(ops, batch));
            batch.Commit();
            sampled[i] = ops.LogProbability(logits[0], s_tokens[i + 1]);
        }

        using var trainerOps = new CpuOps(1, null, arithmetic);
        var tape = new Tape(trainerOps);
        var whole = new Batch();
        whole.Add(s_stranger);
        whole.Add(s_tokens);
        Tensor hidden = decoder.Forward(tape, whole);
        float[] trained = tape.LogProbabilities(hidden.SliceRows(s_stranger.Length, sampled.Length), decoder.Head, s_tokens.AsSpan(1)).ToArray();
        Assert.Equal(sampled, trained);
    }

    [Theory]
    [MemberData(nameof(LatentPresets))]
    public void Both_forms_of_latent_attention_agree(string name, WeightFormat format)
    {
        Decoder decoder = Load(name, format, LatentAttentionForm.Expanded);

        // After the first layer; what later layers make of rounding (experts scaled by 16) is bounded by the tolerances of the golden logits, for both forms.
        float[] one = FirstLayer(decoder);
        decoder.LatentForm = LatentAttentionForm.Absorbed;
        float[] other = FirstLayer(decoder);
        // Quantised, the forms round other activations to bytes.
        float allowed = one.Max(MathF.Abs) * (WeightFormats.Quantised.Contains(format) ? 0.05f : 1e-5f);
        Assert.All(one.Zip(other), pair => Assert.True(MathF.Abs(pair.First - pair.Second) <= allowed, $"{pair.First} and {pair.Second}"));
    }

    private static float[] FirstLayer(Decoder decoder)
    {
        using var ops = new CpuOps(1);
        var seen = new Observations(ops);
        var batch = new Batch();
        batch.Add(s_tokens);
        decoder.Forward(ops, batch);
        return seen.Values["hidden.0"];
    }

    private static Decoder Load(string name, WeightFormat format, LatentAttentionForm form)
    {
        if (name == WideModel.Name)
        {
            return WideModel.Load(format, form);
        }

        using LanguageModelCase golden = LanguageModelCase.Open(name);
        Decoder decoder = golden.Load(format);
        decoder.LatentForm = form;
        return decoder;
    }

    private static float[] Alone(Decoder decoder, int threads, Variant variant)
    {
        using var ops = new CpuOps(threads, variant.Set, variant.Arithmetic);
        var batch = new Batch();
        batch.Add(s_tokens);
        return decoder.Logits(ops, decoder.Forward(ops, batch)).ToArray();
    }

    private static float[] AmongStrangers(Decoder decoder, Variant variant)
    {
        using var ops = new CpuOps(2, variant.Set, variant.Arithmetic);
        var batch = new Batch();
        batch.Add(s_stranger);
        batch.Add(s_tokens);
        batch.Add(s_stranger.AsSpan(3, 7));
        Tensor hidden = decoder.Forward(ops, batch);
        return decoder.Logits(ops, hidden).SliceRows(s_stranger.Length, s_tokens.Length).ToArray();
    }

    /// <summary>Through the cache, so many tokens at a time, beside a stranger that decodes.</summary>
    private static float[] InPieces(Decoder decoder, Variant variant, int[] pieces)
    {
        using var ops = new CpuOps(2, variant.Set, variant.Arithmetic);
        using KeyValueCache cache = decoder.CreateCache(s_tokens.Length);
        using KeyValueCache stranger = decoder.CreateCache(s_tokens.Length);
        var batch = new Batch();
        var logits = new List<float>();
        int at = 0;
        foreach (int piece in pieces)
        {
            ops.Arena.Reset();
            batch.Clear();
            batch.Add([s_stranger[at % s_stranger.Length]], stranger);
            batch.Add(s_tokens.AsSpan(at, piece), cache);
            Tensor hidden = decoder.Forward(ops, batch);
            batch.Commit();
            logits.AddRange(decoder.Logits(ops, hidden.SliceRows(1, piece)).ToArray());
            at += piece;
        }

        Assert.Equal(s_tokens.Length, at);
        return [.. logits];
    }

    private readonly record struct Variant(InstructionSet Set, Arithmetic Arithmetic);
}
