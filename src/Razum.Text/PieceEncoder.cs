using System.Text;
using System.Text.Unicode;
using Razum.Text.Normalization;
using Razum.Text.Splitting;

namespace Razum.Text;

/// <summary>Normalised text without added tokens to ids: the steps of the pre-tokenizer one inside the other, then BPE of each piece.</summary>
internal sealed class PieceEncoder(TokenizerDefinition definition)
{
    private readonly TokenTable _tokens = definition.Tokens;
    private readonly BytePairEncoder _encoder = definition.Encoder;
    private readonly PieceStep[] _steps = [.. definition.Steps];
    private readonly bool _writesByteLetters = definition.WritesByteLetters;
    private readonly PieceCache _cache = new();

    /// <summary>Encodes a part of a segment.</summary>
    public void Encode(in TextSegment segment, int from, int to, TokenSink sink)
    {
        sink.PrepareRuns(_steps);
        Split(segment, from, to, 0, sink);
    }

    private void Split(in TextSegment segment, int from, int to, int step, TokenSink sink)
    {
        if (from >= to)
        {
            return;
        }

        if (step == _steps.Length)
        {
            EncodePiece(segment, from, to, sink);
            return;
        }

        if (_steps[step] is RewriteStep rewrite)
        {
            AlignedText written = Rewrite(segment, from, to, rewrite, sink);
            Split(new TextSegment(written.Chars, written, 0), 0, written.Length, step + 1, sink);
            return;
        }

        var split = (SplitStep)_steps[step];
        RegexRun run = sink.Run(step);
        ReadOnlySpan<char> text = segment.Text[from..to];
        run.Begin(text.Length);
        for (int at = 0; split.Next(text, at, run, out int start, out int end); at = end)
        {
            Split(segment, from + start, from + end, step + 1, sink);
        }
    }

    private static AlignedText Rewrite(in TextSegment segment, int from, int to, RewriteStep rewrite, TokenSink sink)
    {
        ReadOnlySpan<char> text = segment.Text[from..to];
        int[] starts = sink.WantsOffsets ? new int[text.Length] : [], ends = sink.WantsOffsets ? new int[text.Length] : [];
        for (int i = 0; i < starts.Length; i++)
        {
            (starts[i], ends[i]) = (segment.Start(from + i), segment.End(from + i));
        }

        bool isFirst = segment.Start(from) == 0;
        return starts.Length > 0 ? rewrite.Rewrite(text, i => starts[i], i => ends[i], isFirst) : rewrite.Rewrite(text, i => i, i => i, isFirst);
    }

    private void EncodePiece(in TextSegment segment, int from, int to, TokenSink sink)
    {
        ReadOnlySpan<char> piece = segment.Text[from..to];
        if (!_cache.TryGet(piece, out ReadOnlySpan<int> ids))
        {
            ids = EncodePiece(piece, sink);
            if (piece.Length <= PieceCache.MaxLength)
            {
                _cache.Add(piece, ids);
            }
        }

        if (sink.WantsOffsets)
        {
            AddWithOffsets(segment, from, piece, ids, sink);
        }
        else
        {
            sink.Add(ids);
        }
    }

    private ReadOnlySpan<int> EncodePiece(ReadOnlySpan<char> piece, TokenSink sink)
    {
        sink.Reserve((piece.Length * 3) + 4);
        if (_encoder.Characters is not null)
        {
            return sink.PieceIds.AsSpan(0, _encoder.Encode(piece, sink.PieceIds, sink.Scratch));
        }

        int count = piece.Length;
        if (!_writesByteLetters || !ByteAlphabet.TryGetBytes(piece, sink.Bytes))
        {
            Utf8.FromUtf16(piece, sink.Bytes, out _, out count, replaceInvalidSequences: true);
        }

        return sink.PieceIds.AsSpan(0, _encoder.Encode(sink.Bytes.AsSpan(0, count), sink.PieceIds, sink.Scratch));
    }

    // A token spans the characters of its first and its last byte.
    private void AddWithOffsets(in TextSegment segment, int from, ReadOnlySpan<char> piece, ReadOnlySpan<int> ids, TokenSink sink)
    {
        var unitOfByte = new List<int>(piece.Length * 3); // for each byte that has a token: where its character begins
        Span<byte> utf8 = stackalloc byte[4];
        for (int i = 0; i < piece.Length;)
        {
            int c = CharClass.CodePointAt(piece, i, out int length);
            int count = _writesByteLetters ? 1 : new Rune(c).EncodeToUtf8(utf8);
            bool isDropped = _encoder.Characters is { Unknown: < 0 } characters && characters.IsUnknown(c);
            for (int b = 0; b < count && !isDropped; b++)
            {
                if (_encoder.Characters is not null || _writesByteLetters || _encoder.Knows(utf8[b]))
                {
                    unitOfByte.Add(from + i);
                }
            }

            i += length;
        }

        if (ids.Length == 1 && _encoder.Characters is null && _tokens.BytesOf(ids[0]).Length > unitOfByte.Count)
        {
            // A whole piece is a token though not all of its bytes are.
            sink.Add(ids[0], segment.Start(from), segment.End(from + piece.Length - 1), TextSegment.Blanks(_tokens.TextOf(ids[0])));
            return;
        }

        int at = 0;
        foreach (int id in ids)
        {
            int length = Covered(id, segment.Text, unitOfByte, at);
            sink.Add(id, segment.Start(unitOfByte[at]), segment.End(unitOfByte[at + length - 1]), TextSegment.Blanks(_tokens.TextOf(id)));
            at += length;
        }
    }

    // How many bytes of the piece a token stands for.
    private int Covered(int id, ReadOnlySpan<char> text, List<int> unitOfByte, int at)
    {
        if (_encoder.Characters is not { } characters)
        {
            return _tokens.BytesOf(id).Length;
        }

        string token = _tokens.TextOf(id)!;
        if (id != characters.Unknown)
        {
            return _tokens.Spelling.ByteOf(token) >= 0 && !token.AsSpan().SequenceEqual(text.Slice(unitOfByte[at], Math.Min(6, text.Length - unitOfByte[at]))) ? 1
                : Encoding.UTF8.GetByteCount(token);
        }

        int end = at;
        do
        {
            int unit = unitOfByte[end];
            while (end < unitOfByte.Count && unitOfByte[end] == unit)
            {
                end++;
            }
        }
        while (characters.FusesUnknown && end < unitOfByte.Count && characters.IsUnknown(CharClass.CodePointAt(text, unitOfByte[end], out _)));
        return end - at;
    }
}
