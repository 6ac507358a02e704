namespace Razum.Inference;

/// <summary>A token and the natural logarithm of its probability under the model's own distribution (softmax of the raw logits).</summary>
public readonly record struct TokenLogprob(int Id, float Logprob);
