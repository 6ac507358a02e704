namespace Razum.Tensors;

/// <summary>How the scores of a router are made from its logits.</summary>
public enum RouterScore
{
    Softmax,
    Sigmoid,
}
