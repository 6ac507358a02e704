using Razum.Text.Splitting;

namespace Razum.Text;

/// <summary>Where one call of encode collects its ids (and, if asked, offsets), with the reusable memory it needs on the way.</summary>
internal sealed class TokenSink
{
    private int[] _ids = new int[256];
    private RegexRun?[] _runs = [];
    private int[] _offsets = []; // start, end of each id
    private (int Leading, int Trailing)[] _blanks = [];

    public int Count { get; private set; }

    public bool WantsOffsets { get; private set; }

    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    public ReadOnlySpan<int> Offsets => _offsets.AsSpan(0, WantsOffsets ? Count * 2 : 0);

    /// <summary>How many blanks the text of each token begins and ends with.</summary>
    public ReadOnlySpan<(int Leading, int Trailing)> Blanks => _blanks.AsSpan(0, WantsOffsets ? Count : 0);

    /// <summary>UTF-8 of the piece at work.</summary>
    public byte[] Bytes { get; private set; } = new byte[256];

    /// <summary>Ids of the piece at work.</summary>
    public int[] PieceIds { get; private set; } = new int[256];

    public BytePairScratch Scratch { get; } = new();

    /// <summary>The memory of a splitting step.</summary>
    public RegexRun Run(int step) => _runs[step]!;

    /// <summary>Makes the memory of the splitting steps, once.</summary>
    public void PrepareRuns(PieceStep[] steps)
    {
        if (_runs.Length != steps.Length)
        {
            _runs = [.. steps.Select(step => (step as SplitStep)?.CreateRun())];
        }
    }

    public void Clear(bool wantsOffsets) => (Count, WantsOffsets) = (0, wantsOffsets);

    /// <summary>Makes room for a piece of so many bytes.</summary>
    public void Reserve(int bytes)
    {
        if (Bytes.Length < bytes)
        {
            Bytes = new byte[bytes * 2];
            PieceIds = new int[bytes * 2];
        }
    }

    public void Add(ReadOnlySpan<int> ids)
    {
        if (_ids.Length < Count + ids.Length)
        {
            Array.Resize(ref _ids, Math.Max(_ids.Length * 2, Count + ids.Length));
        }

        ids.CopyTo(_ids.AsSpan(Count));
        Count += ids.Length;
    }

    public void Add(int id, int start, int end, (int Leading, int Trailing) blanks)
    {
        if (WantsOffsets)
        {
            if (_offsets.Length < (Count + 1) * 2)
            {
                Array.Resize(ref _offsets, Math.Max(512, _offsets.Length * 2));
                Array.Resize(ref _blanks, _offsets.Length / 2);
            }

            _blanks[Count] = blanks;
            (_offsets[Count * 2], _offsets[(Count * 2) + 1]) = (start, end);
        }

        Add([id]);
    }
}
