namespace Razum.Models.Adapters;

/// <summary>An adapter to be loaded beside a model.</summary>
/// <param name="Name">What requests call it; empty for the only adapter of a model, which all requests then have.</param>
/// <param name="Path">A folder as PEFT writes it, or a GGUF file.</param>
public sealed record NamedAdapter(string Name, string Path);
