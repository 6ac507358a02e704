namespace Razum.Inference;

/// <summary>Why an answer ended.</summary>
public enum FinishReason
{
    /// <summary>The model ended it, or a stop token or stop string came.</summary>
    Stop,

    /// <summary>The request's token limit or the model's context was reached.</summary>
    Length,

    /// <summary>The model ended it and waits for what the tools answer that it has called.</summary>
    ToolCalls,
}
