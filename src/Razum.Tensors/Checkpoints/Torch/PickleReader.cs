using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Razum.Tensors.Checkpoints.Torch;

/// <summary>
/// Reads one pickle of a checkpoint: dictionaries, lists, tuples, numbers, text, None, and tensors. Nothing in it is executed: opcodes that make or call
/// anything else are refused where they stand, and so is every name outside of <see cref="TorchGlobal"/>. Memory stays below a multiple of the bytes read:
/// every value has its own opcode, and what is shared is shared here too (so the values may form a graph, even with cycles: who walks them counts steps).
/// Results are <see cref="PickleMap"/>, <c>List</c>, arrays (tuples), <see cref="TorchTensor"/>, <see cref="TorchStorage"/>, string, long, double, bool,
/// null, and <see cref="Opaque"/> for what a checkpoint may hold and no reader of tensors looks at.
/// </summary>
/// <param name="cursor">The bytes.</param>
/// <param name="fileLength">Length of the whole file: no storage or tensor is larger.</param>
internal sealed class PickleReader(PickleCursor cursor, long fileLength)
{
    /// <summary>Stands for values whose content does not matter.</summary>
    public static readonly object Opaque = new();

    // torch puts at most a thousand items of each open container there.
    private const int DeepestStack = 65536;

    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly List<object?> _memo = [];

    /// <summary>The storages that were named, by key.</summary>
    public Dictionary<string, TorchStorage> Storages { get; } = new(StringComparer.Ordinal);

    /// <summary>The value that the pickle leaves.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or does what no checkpoint of tensors needs.</exception>
    public object? Read()
    {
        for (byte opcode = cursor.NextOpcode(); opcode != '.'; opcode = cursor.NextOpcode())
        {
            if (!Constant(opcode) && !Container(opcode) && !Memo(opcode) && !Object(opcode))
            {
                throw cursor.Fault($"the opcode {NameOf(opcode)} is refused: checkpoints of tensors do not need it");
            }

            if (_stack.Count > DeepestStack)
            {
                throw cursor.Fault($"more than {DeepestStack} values wait for a container");
            }
        }

        object? result = Pop();
        return _stack.Count == 0 && _marks.Count == 0 ? result : throw cursor.Fault($"the pickle ends with {_stack.Count} values too many");
    }

    /// <summary>Numbers, texts and bytes.</summary>
    private bool Constant(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'N':
                Push(null);
                return true;
            case 0x88:
                Push(true);
                return true;
            case 0x89:
                Push(false);
                return true;
            case (byte)'J':
                Push((long)cursor.Read<int>());
                return true;
            case (byte)'K':
                Push((long)cursor.Read<byte>());
                return true;
            case (byte)'M':
                Push((long)cursor.Read<ushort>());
                return true;
            case (byte)'G':
                Push(cursor.BigEndianDouble());
                return true;
            case 0x8a: // LONG1
                Push(Whole(cursor.Span(cursor.Read<byte>())));
                return true;
            case 0x8b: // LONG4
                Push(Whole(cursor.Span(Length(cursor.Read<int>()))));
                return true;
            case (byte)'X':
                Push(Encoding.UTF8.GetString(cursor.Span(cursor.Read<uint>())));
                return true;
            case 0x8c: // SHORT_BINUNICODE
                Push(Encoding.UTF8.GetString(cursor.Span(cursor.Read<byte>())));
                return true;
            case 0x8d: // BINUNICODE8
                Push(Encoding.UTF8.GetString(cursor.Span(cursor.Read<ulong>())));
                return true;
            case (byte)'T': // text of Python 2
                Push(Encoding.Latin1.GetString(cursor.Span(Length(cursor.Read<int>()))));
                return true;
            case (byte)'U':
                Push(Encoding.Latin1.GetString(cursor.Span(cursor.Read<byte>())));
                return true;
            case (byte)'B':
                cursor.Skip(cursor.Read<uint>());
                Push(Opaque);
                return true;
            case (byte)'C':
                cursor.Skip(cursor.Read<byte>());
                Push(Opaque);
                return true;
            default:
                return false;
        }
    }

    private bool Container(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'(':
                _marks.Add(_stack.Count);
                return _marks.Count <= DeepestStack ? true : throw cursor.Fault($"more than {DeepestStack} marks");
            case (byte)'}':
                Push(new PickleMap());
                return true;
            case (byte)']':
                Push(new List<object?>());
                return true;
            case (byte)')':
                Push(Array.Empty<object?>());
                return true;
            case (byte)'t':
                Push(PopToMark());
                return true;
            case 0x85 or 0x86 or 0x87: // TUPLE1 to TUPLE3
                object?[] tuple = new object?[opcode - 0x84];
                for (int i = tuple.Length - 1; i >= 0; i--)
                {
                    tuple[i] = Pop();
                }

                Push(tuple);
                return true;
            case (byte)'a':
                object? item = Pop();
                List().Add(item);
                return true;
            case (byte)'e':
                object?[] items = PopToMark();
                List().AddRange(items);
                return true;
            case (byte)'s':
                object? value = Pop(), key = Pop();
                Map().Items.Add((Key(key), value));
                return true;
            case (byte)'u':
                SetItems(PopToMark());
                return true;
            case (byte)'0':
                Pop();
                return true;
            case (byte)'1':
                PopToMark();
                return true;
            default:
                return false;
        }
    }

    private bool Memo(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'q':
                Store(cursor.Read<byte>());
                return true;
            case (byte)'r':
                Store(cursor.Read<uint>());
                return true;
            case 0x94:
                Store((uint)_memo.Count);
                return true;
            case (byte)'h':
                Push(Recall(cursor.Read<byte>()));
                return true;
            case (byte)'j':
                Push(Recall(cursor.Read<uint>()));
                return true;
            default:
                return false;
        }
    }

    private bool Object(byte opcode)
    {
        switch (opcode)
        {
            case 0x80:
                int protocol = cursor.Read<byte>();
                return protocol is >= 2 and <= 5 ? true : throw cursor.Fault($"pickle protocol {protocol}; 2 to 5 are read");
            case 0x95: // FRAME: what follows is read anyway
                ulong frame = cursor.Read<ulong>();
                return frame <= (ulong)(cursor.Length - cursor.Position) ? true : throw cursor.Fault($"a frame of {frame} bytes is longer than what is left");
            case (byte)'c':
                string module = Encoding.UTF8.GetString(cursor.Line());
                Push(Global(module, Encoding.UTF8.GetString(cursor.Line())));
                return true;
            case 0x93: // STACK_GLOBAL
                object? name = Pop(), from = Pop();
                Push(Global(from as string ?? throw cursor.Fault("a module that is not text"), name as string ?? throw cursor.Fault("a name that is not text")));
                return true;
            case (byte)'Q':
                Push(Storage(Pop()));
                return true;
            case (byte)'R':
                object? arguments = Pop(), called = Pop();
                Push(Reduce(called as TorchGlobal, arguments as object?[]));
                return true;
            case (byte)'b':
                // The attributes of an OrderedDict: only Module.state_dict() has some, its _metadata.
                Pop();
                return Peek() is PickleMap { IsOrdered: true } ? true : throw cursor.Fault("attributes (BUILD) for something that is no OrderedDict");
            default:
                return false;
        }
    }

    private TorchGlobal Global(string module, string name) => TorchGlobal.Find(module, name)
        ?? throw cursor.Fault($"{OneLine.Quote(module)}.{OneLine.Quote(name)} is refused: checkpoints of tensors do not need it, and nothing else is run");

    private object? Reduce(TorchGlobal? called, object?[]? arguments)
    {
        if (called is null || arguments is null)
        {
            throw cursor.Fault("a call (REDUCE) of something that is no name, or without arguments");
        }

        return called.Kind switch
        {
            TorchGlobalKind.OrderedDict when arguments.Length == 0 => new PickleMap { IsOrdered = true },
            TorchGlobalKind.RebuildTensor when arguments.Length is 6 or 7 => Tensor(arguments),
            TorchGlobalKind.RebuildParameter when arguments is [TorchTensor tensor, _, _] => tensor,
            TorchGlobalKind.Size when arguments is [object?[] sizes] => sizes,
            TorchGlobalKind.Device => Opaque,
            _ => throw cursor.Fault($"{called.Name} with these {arguments.Length} arguments is no call that torch.save writes"),
        };
    }

    /// <summary>(storage, offset, size, stride, requires_grad, hooks[, metadata])</summary>
    private TorchTensor Tensor(object?[] arguments)
    {
        if (arguments is not [TorchStorage storage, long offset, object?[] size, object?[] stride, ..] || !size.All(s => s is long) || !stride.All(s => s is long))
        {
            throw cursor.Fault("a tensor needs a storage, an offset, sizes and strides");
        }

        long[] shape = Array.ConvertAll(size, s => (long)s!), strides = Array.ConvertAll(stride, s => (long)s!);
        return TorchTensor.Create(storage, offset, shape, strides, fileLength, out string fault) ?? throw cursor.Fault($"a tensor of storage {OneLine.Quote(storage.Key)}: {fault}");
    }

    /// <summary>('storage', type, key, device, count), and None after it in streams.</summary>
    private TorchStorage Storage(object? id)
    {
        if (id is not object?[] { Length: 5 or 6 } parts || parts is not ["storage", TorchGlobal { Kind: TorchGlobalKind.StorageType } type, string key, _, long count, ..])
        {
            throw cursor.Fault("a persistent id (BINPERSID) that is no storage");
        }

        if (parts.Length == 6 && parts[5] is not null)
        {
            throw cursor.Fault("a storage that is a view of another: a format of torch before 0.4");
        }

        return count >= 0 && count <= fileLength / (type.Type.Bits() / 8)
            ? Storages[key] = new TorchStorage(type.Type, key, count)
            : throw cursor.Fault($"storage {OneLine.Quote(key)}: {count} values of {type.Type.Name()} are not in a file of {fileLength} bytes");
    }

    private void SetItems(object?[] items)
    {
        if (items.Length % 2 != 0)
        {
            throw cursor.Fault("a key without a value");
        }

        PickleMap map = Map();
        for (int i = 0; i < items.Length; i += 2)
        {
            map.Items.Add((Key(items[i]), items[i + 1]));
        }
    }

    private string Key(object? key) => key switch
    {
        string text => text,
        long or double or bool or BigInteger => System.Convert.ToString(key, CultureInfo.InvariantCulture)!,
        _ => throw cursor.Fault("a key that is neither text nor a number"),
    };

    /// <summary>A whole number of any length, two's complement, least significant byte first.</summary>
    private object Whole(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 255)
        {
            throw cursor.Fault($"a number of {bytes.Length} bytes");
        }

        var value = new BigInteger(bytes);
        return value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
    }

    private ulong Length(int length) => length >= 0 ? (ulong)length : throw cursor.Fault($"the length {length} is negative");

    private void Store(uint index)
    {
        object? value = Peek();
        if (index > _memo.Count)
        {
            throw cursor.Fault($"memo {index} is written before memo {_memo.Count}");
        }

        if (index == _memo.Count)
        {
            _memo.Add(value);
        }
        else
        {
            _memo[(int)index] = value;
        }
    }

    private object? Recall(uint index) => index < _memo.Count ? _memo[(int)index] : throw cursor.Fault($"memo {index} was never written");

    private void Push(object? value) => _stack.Add(value);

    private object? Peek() => _stack.Count > (_marks.Count > 0 ? _marks[^1] : 0) ? _stack[^1] : throw cursor.Fault("the stack is empty");

    private object? Pop()
    {
        object? value = Peek();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private object?[] PopToMark()
    {
        if (_marks.Count == 0)
        {
            throw cursor.Fault("no mark on the stack");
        }

        int mark = _marks[^1];
        object?[] items = CollectionsMarshal.AsSpan(_stack)[mark..].ToArray();
        _stack.RemoveRange(mark, _stack.Count - mark);
        _marks.RemoveAt(_marks.Count - 1);
        return items;
    }

    private List<object?> List() => Peek() as List<object?> ?? throw cursor.Fault("an item for something that is no list");

    private PickleMap Map() => Peek() as PickleMap ?? throw cursor.Fault("an item for something that is no dictionary");

    /// <summary>Names of opcodes that a reader of pickles may be attacked with; others by their number.</summary>
    private static string NameOf(byte opcode) => opcode switch
    {
        (byte)'i' => "INST",
        (byte)'o' => "OBJ",
        (byte)'P' => "PERSID",
        0x81 => "NEWOBJ",
        0x82 or 0x83 or 0x84 => $"EXT{1 << (opcode - 0x82)}",
        0x92 => "NEWOBJ_EX",
        _ => $"0x{opcode:x2}",
    };
}
