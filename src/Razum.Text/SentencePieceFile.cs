using System.Buffers.Binary;
using System.Text;

namespace Razum.Text;

/// <summary>
/// Reads a SentencePiece model (<c>tokenizer.model</c>, a protobuf message): its pieces and the few settings that count. BPE only; a model that rewrites
/// characters by a table of its own (NFKC) is refused, for tokenizer.json says it better.
/// </summary>
internal static class SentencePieceFile
{
    private const int Bpe = 2;

    /// <exception cref="InvalidDataException">The file is damaged or not supported.</exception>
    public static TokenizerDefinition Load(string file, TokenizerConfig config)
    {
        byte[] bytes = File.ReadAllBytes(file);
        var pieces = new List<(string, float, PieceKind)>();
        int kind = 1;
        bool addsPrefix = true, hasTable = false, dropsBlanks = true;
        foreach (ProtoField field in ProtoField.Read(bytes, file))
        {
            switch (field.Number)
            {
                case 1:
                    pieces.Add(ReadPiece(field, file, pieces.Count));
                    break;
                case 2:
                    kind = (int)(ProtoField.Read(field.Bytes, file).LastOrDefault(f => f.Number == 3)?.Value ?? 1);
                    break;
                case 3:
                    foreach (ProtoField setting in ProtoField.Read(field.Bytes, file))
                    {
                        hasTable |= setting is { Number: 2, Bytes.Length: > 0 };
                        addsPrefix = setting.Number == 3 ? setting.Value != 0 : addsPrefix;
                        dropsBlanks = setting.Number == 4 ? setting.Value != 0 : dropsBlanks;
                    }

                    break;
                default:
                    break;
            }
        }

        return pieces.Count == 0 ? throw new InvalidDataException($"{file}: no pieces in it: not a SentencePiece model")
            : kind != Bpe ? throw new InvalidDataException($"{file}: model_type {kind} is not supported, only BPE ({Bpe})")
            : hasTable || dropsBlanks ? throw new InvalidDataException($"{file}: normalizer_spec: a model that rewrites its text is not supported")
            : new SentencePieces { File = file, Pieces = pieces, AddsPrefix = addsPrefix, PrefixesEachStretch = config.IsLegacy, Added = config.AddedTokens }.Build();
    }

    private static (string, float, PieceKind) ReadPiece(ProtoField piece, string file, int id)
    {
        (string text, float score, PieceKind kind) = ("", 0, PieceKind.Normal);
        foreach (ProtoField field in ProtoField.Read(piece.Bytes, file))
        {
            switch (field.Number)
            {
                case 1:
                    text = Utf8Text(field.Bytes) ?? throw new InvalidDataException($"{file}: piece {id} is not UTF-8");
                    break;
                case 2:
                    score = BinaryPrimitives.ReadSingleLittleEndian(BitConverter.GetBytes((uint)field.Value));
                    break;
                case 3:
                    kind = (PieceKind)field.Value;
                    break;
                default:
                    break;
            }
        }

        return Enum.IsDefined(kind) && !float.IsNaN(score) ? (text, score, kind) : throw new InvalidDataException($"{file}: piece {id}: its type or score is none");
    }

    private static string? Utf8Text(ReadOnlyMemory<byte> bytes) => System.Text.Unicode.Utf8.IsValid(bytes.Span) ? Encoding.UTF8.GetString(bytes.Span) : null;
}
