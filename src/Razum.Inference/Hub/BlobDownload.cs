using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Razum.Inference.Hub;

/// <summary>
/// Downloads one file into the cache. Several pieces are on their way at once, but they are written in order: <c>BLOB.incomplete</c> is always a beginning of
/// the file, so that any later attempt, of Razum or of another tool, goes on behind it. The hash is computed on the way, and nothing gets its name without it.
/// </summary>
/// <param name="client">Asks the server.</param>
/// <param name="settings">Sizes and times.</param>
/// <param name="slots">One for every request under way, over all files.</param>
/// <param name="progress">Told how many bytes have come; negative when bytes are thrown away.</param>
internal sealed class BlobDownload(HubClient client, HubSettings settings, SemaphoreSlim slots, Action<long> progress)
{
    /// <summary>Where the server last sent us: its address for this file, good for a while.</summary>
    private Uri? _location;

    /// <summary>Downloads <paramref name="file"/> to <paramref name="blob"/>, unless another process does it first.</summary>
    /// <exception cref="InvalidDataException">What comes is not what was announced.</exception>
    /// <exception cref="IOException">The server refuses or stays unreachable, or the disk is full; what has come stays for the next time.</exception>
    public async Task Run(HubName name, string commit, HubFile file, string blob, string lockFile, CancellationToken cancellation)
    {
        using FileStream held = await Hold(lockFile, cancellation).ConfigureAwait(false);
        if (HubCache.HasFile(blob, file.Size))
        {
            progress(file.Size);
            return;
        }

        string incomplete = blob + ".incomplete", found = "";
        for (int attempt = 0; attempt < 2; attempt++)
        {
            found = await Fetch(name, commit, file, incomplete, cancellation).ConfigureAwait(false);
            if (found == file.Blob)
            {
                File.Move(incomplete, blob, overwrite: true);
                return;
            }

            // A beginning that another tool left may be of other content: once more from the start.
            File.Delete(incomplete);
            progress(-file.Size);
        }

        throw new InvalidDataException($"{name.Id}: {file.Path}: what the server sends has the hash {found}, {file.Blob} was announced; nothing was kept");
    }

    /// <summary>Waits until no other process downloads the same.</summary>
    private static async Task<FileStream> Hold(string path, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when ((e.HResult & 0xFFFF) is 11 or 32 or 33 or 35) // held by another: EAGAIN of Linux and macOS, Windows' sharing violations
            {
                await Task.Delay(100, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Completes the file; the result is the hash of all of it.</summary>
    private async Task<string> Fetch(HubName name, string commit, HubFile file, string incomplete, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(incomplete)!);
        using FileStream target = new(incomplete, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        if (target.Length > file.Size)
        {
            target.SetLength(0);
        }

        using IncrementalHash hash = await Begin(target, file, cancellation).ConfigureAwait(false);
        try
        {
            await Pieces(name, client.FileAddress(name, commit, file.Path), file, target, hash, cancellation).ConfigureAwait(false);
        }
        catch (RangesIgnored)
        {
            await Whole(name, client.FileAddress(name, commit, file.Path), file, target, hash, cancellation).ConfigureAwait(false);
        }

        target.Flush(flushToDisk: true);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The hash of what is there already.</summary>
    private async Task<IncrementalHash> Begin(FileStream target, HubFile file, CancellationToken cancellation)
    {
        IncrementalHash hash = IncrementalHash.CreateHash(file.IsLarge ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        AppendHeader(hash, file);
        byte[] buffer = new byte[1 << 20];
        for (int read = -1; read != 0;)
        {
            read = await target.ReadAsync(buffer, cancellation).ConfigureAwait(false);
            hash.AppendData(buffer, 0, read);
            progress(read);
        }

        return hash;
    }

    /// <summary>Git hashes a header before the content.</summary>
    private static void AppendHeader(IncrementalHash hash, HubFile file)
    {
        if (!file.IsLarge)
        {
            hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {file.Size}\0")));
        }
    }

    /// <summary>Asks for pieces ahead while there are slots, and writes them in order.</summary>
    private async Task Pieces(HubName name, Uri uri, HubFile file, FileStream target, IncrementalHash hash, CancellationToken cancellation)
    {
        using var ahead = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Queue<Task<ReadOnlyMemory<byte>>> pending = new();
        long next = target.Length;
        try
        {
            while (target.Length < file.Size)
            {
                while (next < file.Size)
                {
                    // The first piece must come; more of them only if nobody else needs the slot.
                    if (pending.Count == 0)
                    {
                        await slots.WaitAsync(cancellation).ConfigureAwait(false);
                    }
                    else if (!slots.Wait(0, CancellationToken.None))
                    {
                        break;
                    }

                    int length = (int)Math.Min(settings.PieceBytes, file.Size - next);
                    pending.Enqueue(Piece(name, uri, file, next, length, ahead.Token, cancellation));
                    next += length;
                }

                ReadOnlyMemory<byte> piece = await pending.Peek().ConfigureAwait(false);
                Write(target, piece.Span);
                hash.AppendData(piece.Span);
                cancellation.ThrowIfCancellationRequested();
                _ = pending.Dequeue();
                slots.Release();
            }
        }
        finally
        {
            await ahead.CancelAsync().ConfigureAwait(false);
            foreach (Task<ReadOnlyMemory<byte>> piece in pending)
            {
                await ((Task)piece).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                slots.Release();
            }
        }
    }

    /// <summary>Bytes of the file, however many attempts they take; fewer than asked for only when the user stops.</summary>
    private async Task<ReadOnlyMemory<byte>> Piece(
        HubName name, Uri uri, HubFile file, long begin, int length, CancellationToken cancellation, CancellationToken user)
    {
        byte[] piece = new byte[length];
        int filled = 0;
        try
        {
            return await client.Patiently(
                async () =>
                {
                    bool isWhole = length == file.Size && filled == 0;
                    RangeHeaderValue? range = isWhole ? null : new RangeHeaderValue(begin + filled, begin + length - 1);
                    using HttpResponseMessage response = await Open(name, uri, range, cancellation).ConfigureAwait(false);
                    Check(name, file, response, isWhole, begin + filled);
                    using Stream body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
                    while (filled < length)
                    {
                        int read = await client.Read(body, piece.AsMemory(filled), cancellation).ConfigureAwait(false);
                        filled += read > 0 ? read : throw new HubInterruption($"{uri.Host}: {file.Path} broke off after {begin + filled} of {file.Size} bytes");
                        progress(read);
                    }

                    return piece;
                },
                () => filled,
                cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (filled > 0 && user.IsCancellationRequested)
        {
            return piece.AsMemory(0, filled); // what has come need not come again
        }
        catch
        {
            progress(-filled);
            throw;
        }
    }

    /// <summary>The whole file from a server that gives no parts: a broken connection means to begin again.</summary>
    private async Task Whole(HubName name, Uri uri, HubFile file, FileStream target, IncrementalHash hash, CancellationToken cancellation)
    {
        await slots.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await client.Patiently(
                async () =>
                {
                    progress(-target.Length);
                    target.SetLength(0);
                    hash.GetHashAndReset();
                    AppendHeader(hash, file);
                    using HttpResponseMessage response = await Open(name, uri, null, cancellation).ConfigureAwait(false);
                    Check(name, file, response, true, 0);
                    using Stream body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
                    byte[] buffer = new byte[1 << 20];
                    while (target.Length < file.Size)
                    {
                        int most = (int)Math.Min(buffer.Length, file.Size - target.Length);
                        int read = await client.Read(body, buffer.AsMemory(0, most), cancellation).ConfigureAwait(false);
                        if (read == 0)
                        {
                            throw new HubInterruption($"{uri.Host}: {file.Path} broke off after {target.Length} of {file.Size} bytes");
                        }

                        Write(target, buffer.AsSpan(0, read));
                        hash.AppendData(buffer, 0, read);
                        progress(read);
                    }

                    return true;
                },
                () => 0,
                cancellation).ConfigureAwait(false);
        }
        finally
        {
            slots.Release();
        }
    }

    /// <summary>Asks where the file was last found; when it is gone from there, the Hub again.</summary>
    private async Task<HttpResponseMessage> Open(HubName name, Uri uri, RangeHeaderValue? range, CancellationToken cancellation)
    {
        Uri? known = _location;
        try
        {
            HttpResponseMessage response = await client.Get(name, known ?? uri, range, cancellation).ConfigureAwait(false);
            _location = response.RequestMessage?.RequestUri;
            return response;
        }
        catch (HubRefusal fault) when (known is not null && fault.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            _location = null; // signed addresses expire
            throw new HubInterruption(fault.Message, TimeSpan.Zero, fault);
        }
    }

    private static void Check(HubName name, HubFile file, HttpResponseMessage response, bool isWhole, long begin)
    {
        if (isWhole)
        {
            if (response.Content.Headers.ContentLength is { } length && length != file.Size)
            {
                throw new InvalidDataException($"{name.Id}: {file.Path}: the server sends {length} bytes, {file.Size} were announced");
            }

            return;
        }

        if (response.StatusCode != HttpStatusCode.PartialContent)
        {
            throw new RangesIgnored();
        }

        ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
        if (range?.From != begin || (range.Length ?? file.Size) != file.Size)
        {
            throw new InvalidDataException($"{name.Id}: {file.Path}: bytes from {begin} of {file.Size} were asked for, the server sends {range}");
        }
    }

    private static void Write(FileStream target, ReadOnlySpan<byte> bytes)
    {
        try
        {
            target.Position = target.Length;
            target.Write(bytes);
        }
        catch (IOException fault)
        {
            throw new IOException($"{target.Name}: cannot be written: {Razum.Tensors.Checkpoints.OneLine.Quote(fault.Message)}; what has come is kept for the next time", fault);
        }
    }

    /// <summary>The server sent the whole file in place of a part.</summary>
    private sealed class RangesIgnored : Exception;
}
