using Razum.Tensors.Checkpoints;

namespace Razum.Tests.Tensors.Checkpoints;

/// <summary>One damaged file of tensors: read, or refused in one line that begins with its name; and in memory that follows its size.</summary>
internal static class FuzzedFile
{
    /// <summary>Whether it was read.</summary>
    /// <param name="path">Where to write it.</param>
    /// <param name="bytes">Its content.</param>
    /// <param name="open">Its reader.</param>
    public static bool Try(string path, byte[] bytes, Func<string, TensorFile> open)
    {
        File.WriteAllBytes(path, bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool read;
        try
        {
            using TensorFile file = open(path);
            foreach (TensorEntry entry in file.Tensors)
            {
                Assert.InRange(entry.Length, 0, bytes.Length);
                _ = file.Bytes(entry.Name).IndexOfAnyExcept((byte)0);
            }

            read = true;
        }
        catch (InvalidDataException fault)
        {
            Assert.StartsWith(path + ": ", fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(fault.Message, char.IsControl);
            read = false;
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000 + (64L * bytes.Length));
        return read;
    }
}
