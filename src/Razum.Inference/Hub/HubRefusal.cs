using System.Net;

namespace Razum.Inference.Hub;

/// <summary>The server will not give what was asked for.</summary>
internal sealed class HubRefusal(string message, HttpStatusCode status) : IOException(message)
{
    public HttpStatusCode Status => status;
}
