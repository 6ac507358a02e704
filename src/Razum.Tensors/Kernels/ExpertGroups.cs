using Razum.Tensors.Kernels.MatMul;

namespace Razum.Tensors.Kernels;

/// <summary>
/// The (row, slot) pairs of a routing sorted by expert: a stable counting sort, so that the rows of an expert ascend. Place p of the sorted order
/// belongs to row Row[p], slot Slot[p]; expert e owns places [Start[e], Start[e + 1]). Memory belongs to an arena.
/// </summary>
internal readonly unsafe struct ExpertGroups
{
    private ExpertGroups(int count, int* start, int* row, int* place, int* busy, int busyCount)
    {
        Count = count;
        Start = start;
        Row = row;
        Place = place;
        Busy = busy;
        BusyCount = busyCount;
    }

    /// <summary>Number of places: rows times slots.</summary>
    internal int Count { get; }

    /// <summary>First place of every expert, and the number of places.</summary>
    internal int* Start { get; }

    /// <summary>The row at a place.</summary>
    internal int* Row { get; }

    /// <summary>The place of (row, slot) at row * slots + slot.</summary>
    internal int* Place { get; }

    /// <summary>The experts that have rows, ascending.</summary>
    internal int* Busy { get; }

    internal int BusyCount { get; }

    /// <summary>Rows of expert <paramref name="expert"/>.</summary>
    internal int Rows(int expert) => Start[expert + 1] - Start[expert];

    internal static ExpertGroups Create(Arena arena, in Routing routing)
    {
        int experts = routing.Experts;
        int slots = routing.TopK;
        int count = checked(routing.Rows * slots);
        int* start = arena.AllocateInts(experts + 1);
        int* next = arena.AllocateInts(experts);
        int* busy = arena.AllocateInts(experts);
        int* row = arena.AllocateInts(count);
        int* place = arena.AllocateInts(count);
        new Span<int>(next, experts).Clear();
        for (int i = 0; i < count; i++)
        {
            int expert = routing.Ids[i];
            if ((uint)expert >= (uint)experts)
            {
                throw new ArgumentException($"row {i / slots} chose expert {expert} of {experts}");
            }

            next[expert]++;
        }

        int sum = 0;
        int busyCount = 0;
        for (int e = 0; e < experts; e++)
        {
            if (next[e] > 0)
            {
                busy[busyCount++] = e;
            }

            start[e] = sum;
            sum += next[e];
            next[e] = start[e];
        }

        start[experts] = sum;
        for (int i = 0; i < count; i++)
        {
            int p = next[routing.Ids[i]]++;
            row[p] = i / slots;
            place[i] = p;
        }

        return new ExpertGroups(count, start, row, place, busy, busyCount);
    }

    /// <summary>
    /// Cuts the products of all busy experts, [rows of the expert] by <paramref name="columns"/>, into pieces: whole experts or blocks of their rows,
    /// and groups of columns while there are too few of those for the threads.
    /// </summary>
    internal ExpertPieces Cut(Arena arena, int columns, int threads)
    {
        ExpertPiece* pieces = null;
        int count = 0;
        int groupColumns = Panel.Count(columns) * Panel.Width;
        for (int pass = 0; pass < 2; pass++)
        {
            count = 0;
            for (int b = 0; b < BusyCount; b++)
            {
                int expert = Busy[b];
                for (int column = 0; column < columns; column += groupColumns)
                {
                    for (int p = Start[expert]; p < Start[expert + 1]; p += ExpertPieces.MaxRows)
                    {
                        if (pieces != null)
                        {
                            int rows = Math.Min(ExpertPieces.MaxRows, Start[expert + 1] - p);
                            pieces[count] = new ExpertPiece(expert, p, rows, column, Math.Min(column + groupColumns, columns));
                        }

                        count++;
                    }
                }
            }

            if (pieces == null)
            {
                int wanted = threads == 1 ? 1 : 4 * threads;
                int groups = Math.Clamp((wanted + count - 1) / Math.Max(1, count), 1, Panel.Count(columns));
                groupColumns = (Panel.Count(columns) + groups - 1) / groups * Panel.Width;
                groups = (columns + groupColumns - 1) / groupColumns;
                pieces = (ExpertPiece*)arena.AllocateBytes((long)count * groups * sizeof(ExpertPiece));
            }
        }

        return new ExpertPieces(pieces, count);
    }
}

/// <summary>Rows [Place, Place + Rows) of the sorted order and columns [Column, End), all of one expert.</summary>
internal readonly record struct ExpertPiece(int Expert, int Place, int Rows, int Column, int End);

/// <summary>A list of pieces in an arena.</summary>
internal readonly unsafe struct ExpertPieces(ExpertPiece* pieces, int count)
{
    /// <summary>Rows of a piece at most.</summary>
    internal const int MaxRows = 192;

    internal int Count => count;

    internal ref readonly ExpertPiece this[int index] => ref pieces[index];
}
