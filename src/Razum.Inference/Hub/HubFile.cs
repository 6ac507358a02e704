namespace Razum.Inference.Hub;

/// <summary>A file of a repository, as the server lists it.</summary>
/// <param name="Path">Its path there, with slashes.</param>
/// <param name="Size">Its length.</param>
/// <param name="Blob">Name of its content in the cache: SHA-256 of large files, Git's SHA-1 of small ones. Lower-case hexadecimal digits.</param>
internal sealed record HubFile(string Path, long Size, string Blob)
{
    /// <summary>Whether <see cref="Blob"/> is the SHA-256 of the content.</summary>
    public bool IsLarge => Blob.Length == 64;
}
