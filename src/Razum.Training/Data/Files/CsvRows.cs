using System.Text.Json.Nodes;
using nietras.SeparatedValues;
using Razum.Tensors.Checkpoints;

namespace Razum.Training.Data.Files;

/// <summary>Rows from comma-separated values as spreadsheets write them: quotes around what holds commas, quotes or line ends.</summary>
internal static class CsvRows
{
    public static IReadOnlyList<DataRow> Read(string path, IReadOnlyList<string>? columns)
    {
        try
        {
            return ReadAll(path, columns);
        }
        catch (Exception fault) when (fault is ArgumentException or InvalidOperationException or NotSupportedException or IndexOutOfRangeException)
        {
            throw new InvalidDataException($"{path}: damaged: {OneLine.Quote(fault.Message)}", fault);
        }
    }

    private static List<DataRow> ReadAll(string path, IReadOnlyList<string>? columns)
    {
        List<DataRow> rows = [];
        using SepReader reader = Sep.New(',').Reader(o => o with { HasHeader = false, Unescape = true, DisableColCountCheck = true }).FromFile(path);
        int line = 1;
        foreach (SepReader.Row row in reader)
        {
            string where = $"{path}: line {line}";
            line += 1 + row.Span.Count('\n'); // counted before fields are unescaped in place
            if (row.ColCount == 1 && row[0].Span.IsEmpty)
            {
                continue;
            }

            string[] values = new string[row.ColCount];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = row[i].ToString();
            }

            if (columns is null)
            {
                columns = values;
                columns = columns.Distinct(StringComparer.OrdinalIgnoreCase).Count() == columns.Count
                    ? columns
                    : throw new InvalidDataException($"{where}: two columns have the same name");
                continue;
            }

            if (values.Length != columns.Count)
            {
                throw new InvalidDataException($"{where}: {values.Length} columns, not {columns.Count}");
            }

            JsonObject fields = [];
            for (int i = 0; i < values.Length; i++)
            {
                fields[columns[i]] = values[i];
            }

            rows.Add(new DataRow(fields, where));
        }

        return rows;
    }
}
