namespace Razum.Tensors;

internal sealed class PackedWeight : IDisposable
{
    public void Dispose()
    {
    }
}
