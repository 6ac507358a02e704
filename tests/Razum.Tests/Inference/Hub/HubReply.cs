namespace Razum.Tests.Inference.Hub;

/// <summary>What a server sends.</summary>
internal sealed class HubReply
{
    public int Status { get; set; } = 200;

    public Dictionary<string, string> Headers { get; } = [];

    public byte[] Body { get; set; } = [];

    /// <summary>The length it claims, if not the true one.</summary>
    public long? Length { get; set; }

    /// <summary>Bytes of the body after which it hangs up.</summary>
    public int BreakAfter { get; set; } = int.MaxValue;

    /// <summary>How long it says nothing before it hangs up.</summary>
    public TimeSpan Silence { get; set; }
}
