using System.Globalization;
using System.Text.Json;
using Razum.Tensors;

namespace Razum.Models.Configuration;

/// <summary>Fields of a config as text: real numbers keep a decimal point, F32 values their shortest form.</summary>
internal sealed class ConfigText(Utf8JsonWriter json)
{
    public void Add(string name, string value) => json.WriteString(name, value);

    public void Add(string name, bool value) => json.WriteBoolean(name, value);

    public void Add(string name, int value) => json.WriteNumber(name, value);

    public void Add(string name, int? value)
    {
        if (value is { } number)
        {
            Add(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    public void Add(string name, float value) => AddReal(name, value.ToString("R", CultureInfo.InvariantCulture));

    public void Add(string name, double value) => AddReal(name, value.ToString("R", CultureInfo.InvariantCulture));

    public void Add(string name, ReadOnlySpan<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    public void Add(string name, ReadOnlySpan<int> values)
    {
        json.WriteStartArray(name);
        foreach (int value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    /// <summary>Null, one number, or a list.</summary>
    public void AddIds(string name, IReadOnlyList<int> ids)
    {
        if (ids.Count > 1)
        {
            Add(name, [.. ids]);
        }
        else
        {
            Add(name, ids.Count == 1 ? ids[0] : null);
        }
    }

    /// <summary><c>rope_theta</c> and <c>rope_scaling</c>.</summary>
    public void AddRope(RopeConfig rope)
    {
        Add("rope_theta", rope.Theta);
        if (rope.Scaling is null)
        {
            json.WriteNull("rope_scaling");
            return;
        }

        json.WriteStartObject("rope_scaling");
        switch (rope.Scaling)
        {
            case RopeScaling.Linear linear:
                Add("factor", linear.Factor);
                Add("type", "linear");
                break;
            case RopeScaling.Llama3 llama3:
                Add("factor", llama3.Factor);
                Add("low_freq_factor", llama3.LowFreqFactor);
                Add("high_freq_factor", llama3.HighFreqFactor);
                Add("original_max_position_embeddings", llama3.OriginalMaxPositionEmbeddings);
                Add("rope_type", "llama3");
                break;
            case RopeScaling.Yarn yarn:
                AddYarn(yarn);
                break;
        }

        json.WriteEndObject();
    }

    private void AddYarn(RopeScaling.Yarn yarn)
    {
        Add("beta_fast", yarn.BetaFast);
        Add("beta_slow", yarn.BetaSlow);
        Add("factor", yarn.Factor);
        Add("mscale", yarn.Mscale);
        Add("mscale_all_dim", yarn.MscaleAllDim);
        Add("original_max_position_embeddings", yarn.OriginalMaxPositionEmbeddings);
        Add("type", "yarn");
        if (yarn.AttentionFactor is { } factor)
        {
            Add("attention_factor", factor);
        }
    }

    private void AddReal(string name, string number)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(number.AsSpan().IndexOfAny(".E") >= 0 ? number : number + ".0");
    }
}
