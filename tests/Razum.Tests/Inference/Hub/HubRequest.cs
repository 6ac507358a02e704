namespace Razum.Tests.Inference.Hub;

/// <summary>What a client asked for.</summary>
/// <param name="Path">Path and query.</param>
/// <param name="Host">The name it called the server by.</param>
/// <param name="Authorization">What it said it was.</param>
/// <param name="From">First byte of a part.</param>
/// <param name="To">Last byte of a part.</param>
internal sealed record HubRequest(string Path, string Host, string? Authorization, long? From, long? To)
{
    public bool IsFor(string file) => Path.Split('?')[0].EndsWith("/" + file, StringComparison.Ordinal);
}
