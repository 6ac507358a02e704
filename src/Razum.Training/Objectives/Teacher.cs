using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Text;

namespace Razum.Training.Objectives;

/// <summary>
/// A model whose distribution another one learns. Its weights stay in their mapped files, which are open as long as it is used. Larger models of a family often
/// have more rows than tokens (Qwen2.5: 152,064 and 151,936 for one tokenizer); such rows are cut off.
/// </summary>
internal sealed class Teacher : IDisposable
{
    private const int ChunkRows = 64; // rows of logits computed at a time

    private readonly Checkpoint _files;
    private readonly Decoder _decoder;

    private readonly int _tokens;

    private Teacher(Checkpoint files, Decoder decoder, int tokens) => (_files, _decoder, _tokens) = (files, decoder, tokens);

    /// <param name="folder">Folder of the model.</param>
    /// <param name="student">Who learns.</param>
    /// <param name="tokenizer">The student's.</param>
    /// <exception cref="InvalidDataException">It cannot be loaded, or has another vocabulary; one line.</exception>
    public static Teacher Load(string folder, Decoder student, Tokenizer tokenizer)
    {
        ModelConfig config = ModelConfigReader.Read(folder);
        string? file = Tokenizer.FileOf(folder);
        (int has, int tokens) = (config.VocabSize, student.Config.VocabSize);
        if (has < tokens || (has > tokens && file is null)) // without a tokenizer nothing says that the others are no tokens
        {
            throw new InvalidDataException($"{folder}: the teacher has {has} tokens, the student {tokens}: they need the same vocabulary");
        }

        if (file is not null)
        {
            Compare(file, Tokenizer.Load(file), tokenizer);
        }

        var files = new Checkpoint(folder);
        try
        {
            return new Teacher(files, new Decoder(config, new CheckpointParameters(files)) { LatentForm = student.LatentForm }, tokens);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>The logits at some rows of a batch, [R, V] with the student's V. They stay in the arena, all else is given back.</summary>
    public Tensor Logits(CpuOps ops, Batch batch, ReadOnlySpan<int> rows)
    {
        Tensor logits = ops.Arena.Allocate(rows.Length, _tokens);
        Arena.Mark mark = ops.Arena.Here();
        Tensor hidden = ops.Gather(_decoder.Forward(ops, batch), rows); // [R, D]
        for (int from = 0; from < rows.Length; from += ChunkRows)
        {
            Arena.Mark before = ops.Arena.Here();
            Tensor part = ops.Linear(hidden.SliceRows(from, Math.Min(ChunkRows, rows.Length - from)), _decoder.Head);
            for (int r = 0; r < part.Rows; r++)
            {
                part[r][.._tokens].CopyTo(logits[from + r]);
            }

            ops.Arena.Release(before);
        }

        ops.Arena.Release(mark);
        return logits;
    }

    public void Dispose()
    {
        foreach (Weight weight in _decoder.Parameters)
        {
            weight.Dispose();
        }

        _files.Dispose();
    }

    private static void Compare(string file, Tokenizer teacher, Tokenizer student)
    {
        if (teacher.VocabSize != student.VocabSize)
        {
            throw new InvalidDataException($"{file}: the teacher's tokenizer has {teacher.VocabSize} tokens, the student's {student.VocabSize}: they need the same vocabulary");
        }

        for (int id = 0; id < student.VocabSize; id++)
        {
            if (!teacher.BytesOf(id).SequenceEqual(student.BytesOf(id)))
            {
                string Text(Tokenizer of) => OneLine.Quote(of.IdToToken(id) ?? "none");
                throw new InvalidDataException($"{file}: token {id} is {Text(teacher)} to the teacher and {Text(student)} to the student: they need the same vocabulary");
            }
        }
    }
}
