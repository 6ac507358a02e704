using Razum.Tensors;

namespace Razum.Models.Configuration;

/// <summary>
/// Reads the rotation: <c>rope_theta</c> with <c>rope_scaling</c>, or <c>rope_parameters</c> as newer files have it (architecture notes 1.3 and 1.10).
/// </summary>
internal static class RopeFields
{
    private const double DefaultTheta = 10_000;

    /// <param name="fields">The whole config.</param>
    /// <param name="layout">Which columns form a pair.</param>
    /// <param name="scalesSoftmax">Whether YaRN's mscale_all_dim also scales the softmax (latent attention) or not (grouped-query attention).</param>
    public static RopeConfig Read(ConfigFields fields, RopeLayout layout, bool scalesSoftmax)
    {
        if (fields.Has("rope_scaling") && fields.Has("rope_parameters"))
        {
            throw fields.Unsupported("rope_parameters", "without rope_scaling beside it");
        }

        fields.Only("partial_rotary_factor", 1);
        double theta = Theta(fields, DefaultTheta);
        ConfigFields? parameters = fields.Object("rope_parameters");
        ConfigFields? scaling = parameters ?? fields.Object("rope_scaling");
        if (scaling is null)
        {
            return new RopeConfig(theta, layout, null);
        }

        theta = Theta(scaling, theta);
        scaling.Only("partial_rotary_factor", 1);
        string key = scaling.Has("rope_type") || !scaling.Has("type") ? "rope_type" : "type";
        string kind = scaling.Text(key, parameters is null ? null : "default");
        scaling.Only("type", kind);
        RopeScaling? read = kind switch
        {
            "default" => Default(scaling),
            "linear" => Linear(scaling),
            "llama3" => Llama3(scaling),
            "yarn" => Yarn(scaling, scalesSoftmax),
            _ => throw scaling.Unsupported(key, "default, linear, llama3 or yarn"),
        };
        return new RopeConfig(theta, layout, read);
    }

    private static double Theta(ConfigFields fields, double fallback)
    {
        double theta = fields.Number("rope_theta", fallback);
        return theta > 1 ? theta : throw fields.Expected("rope_theta", "a number above 1");
    }

    private static RopeScaling? Default(ConfigFields scaling)
    {
        RequireKnown(scaling);
        return null;
    }

    private static RopeScaling.Linear Linear(ConfigFields scaling)
    {
        RequireKnown(scaling, "factor");
        return new RopeScaling.Linear(scaling.Number("factor", least: 1));
    }

    private static RopeScaling.Llama3 Llama3(ConfigFields scaling)
    {
        RequireKnown(scaling, "factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings");
        double low = scaling.Positive("low_freq_factor");
        double high = scaling.Positive("high_freq_factor");
        return high > low
            ? new RopeScaling.Llama3(scaling.Number("factor", least: 1), low, high, scaling.Size("original_max_position_embeddings"))
            : throw scaling.Expected("high_freq_factor", FormattableString.Invariant($"a number above low_freq_factor ({low})"));
    }

    /// <summary>
    /// Cosines and sines are multiplied by attention_factor; where it is not given by m(mscale) / m(mscale_all_dim) if both are, else by m(1), with
    /// m(w) = 0.1 w ln(factor) + 1.
    /// </summary>
    private static RopeScaling.Yarn Yarn(ConfigFields scaling, bool scalesSoftmax)
    {
        RequireKnown(
            scaling, "factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "original_max_position_embeddings", "attention_factor", "truncate");
        scaling.Only("truncate", true);
        double factor = scaling.Number("factor", least: 1);
        double mscale = scaling.Number("mscale", 0, least: 0);
        double allDim = scaling.Number("mscale_all_dim", 0, least: 0);
        double? attention = scaling.Has("attention_factor") ? scaling.Positive("attention_factor") : null;
        bool both = mscale != 0 && allDim != 0;
        if (!scalesSoftmax || !both)
        {
            attention ??= both ? Magnitude(mscale) / Magnitude(allDim) : Magnitude(1);
        }

        double fast = scaling.Positive("beta_fast", 32);
        double slow = scaling.Positive("beta_slow", 1);
        if (fast < slow)
        {
            throw scaling.Expected("beta_fast", FormattableString.Invariant($"a number of at least beta_slow ({slow})"));
        }

        return new RopeScaling.Yarn(
            factor, fast, slow, mscale, scalesSoftmax ? allDim : 0, scaling.Size("original_max_position_embeddings"), attention);

        double Magnitude(double weight) => (0.1 * weight * Math.Log(factor)) + 1;
    }

    // A key that is not known here would change the frequencies silently.
    private static void RequireKnown(ConfigFields scaling, params string[] known)
    {
        foreach (string name in scaling.Names)
        {
            if (!known.Contains(name) && name is not ("type" or "rope_type" or "rope_theta" or "partial_rotary_factor"))
            {
                throw scaling.Unsupported(name, known.Length == 0 ? "absent" : string.Join(", ", known));
            }
        }
    }
}
