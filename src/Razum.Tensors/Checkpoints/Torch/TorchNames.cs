using System.Globalization;

namespace Razum.Tensors.Checkpoints.Torch;

/// <summary>
/// Finds the tensors in a pickled value and names them by their way to it: keys and positions with dots between. Pickles can share and contain themselves, so
/// that a few hundred bytes have 2^60 ways: depth, steps and letters of names are bounded by the length of the pickle.
/// </summary>
internal sealed class TorchNames
{
    private const int Deepest = 64;
    private const int BudgetPerByte = 16;

    private readonly List<string> _way = [];
    private readonly Func<string, Exception> _fault;
    private long _budget;

    private TorchNames(long pickleLength, Func<string, Exception> fault) => (_budget, _fault) = (pickleLength * BudgetPerByte, fault);

    private List<(string Name, TorchTensor Tensor)> Found { get; } = [];

    /// <summary>All tensors below <paramref name="root"/>, in order.</summary>
    /// <param name="root">A dictionary.</param>
    /// <param name="pickleLength">Bytes that it was pickled to.</param>
    /// <param name="fault">Makes the exception for a text.</param>
    public static List<(string Name, TorchTensor Tensor)> Of(PickleMap root, long pickleLength, Func<string, Exception> fault)
    {
        TorchNames names = new(pickleLength, fault);
        names.Walk(root);
        return names.Found;
    }

    private void Walk(object? value)
    {
        Spend(1);
        switch (value)
        {
            case TorchTensor tensor:
                Spend(_way.Sum(part => (long)part.Length + 1));
                Found.Add((string.Join('.', _way), tensor));
                break;
            case PickleMap map:
                foreach ((string key, object? item) in map.Items)
                {
                    Descend(key, item);
                }

                break;
            case IReadOnlyList<object?> list: // lists and tuples
                for (int i = 0; i < list.Count; i++)
                {
                    if (list[i] is not (null or string or long or double or bool))
                    {
                        Descend(i.ToString(CultureInfo.InvariantCulture), list[i]);
                    }
                }

                break;
        }
    }

    private void Descend(string key, object? item)
    {
        if (_way.Count == Deepest)
        {
            throw _fault($"values lie more than {Deepest} levels deep, or contain themselves");
        }

        _way.Add(key);
        Walk(item);
        _way.RemoveAt(_way.Count - 1);
    }

    private void Spend(long steps)
    {
        _budget -= steps;
        if (_budget < 0)
        {
            throw _fault("the values share each other so often that there is no end of them");
        }
    }
}
