namespace Razum.Training.Tasks;

/// <summary>
/// The arithmetic of our own word problems: integers, variables of one letter, + - * and // (rounding down), brackets, usual precedence.
/// </summary>
internal ref struct TemplateFormula
{
    private readonly ReadOnlySpan<char> _text;
    private readonly IReadOnlyDictionary<char, int> _values;
    private int _position;

    private TemplateFormula(ReadOnlySpan<char> text, IReadOnlyDictionary<char, int> values)
    {
        _text = text;
        _values = values;
    }

    /// <summary>The value of <paramref name="text"/>.</summary>
    /// <exception cref="InvalidDataException">It is no such formula, or a variable has no value.</exception>
    public static int Evaluate(string text, IReadOnlyDictionary<char, int> values)
    {
        TemplateFormula formula = new(text, values);
        int value = formula.ReadSum();
        return formula._position == text.Length ? value : throw formula.Bad();
    }

    private int ReadSum()
    {
        int value = ReadProduct();
        while (true)
        {
            if (Take("+"))
            {
                value += ReadProduct();
            }
            else if (Take("-"))
            {
                value -= ReadProduct();
            }
            else
            {
                return value;
            }
        }
    }

    private int ReadProduct()
    {
        int value = ReadAtom();
        while (true)
        {
            if (Take("*"))
            {
                value *= ReadAtom();
            }
            else if (Take("//"))
            {
                int divisor = ReadAtom();
                value = divisor > 0 ? (value - (((value % divisor) + divisor) % divisor)) / divisor : throw Bad();
            }
            else
            {
                return value;
            }
        }
    }

    private int ReadAtom()
    {
        if (Take("("))
        {
            int inner = ReadSum();
            return Take(")") ? inner : throw Bad();
        }

        if (_position < _text.Length && _values.TryGetValue(_text[_position], out int value))
        {
            _position++;
            return value;
        }

        int start = _position;
        while (_position < _text.Length && char.IsAsciiDigit(_text[_position]))
        {
            _position++;
        }

        return int.TryParse(_text[start.._position], out int number) ? number : throw Bad();
    }

    private bool Take(string symbol)
    {
        bool here = _text[_position..].StartsWith(symbol, StringComparison.Ordinal);
        _position += here ? symbol.Length : 0;
        return here;
    }

    private readonly InvalidDataException Bad() => new($"formula '{_text}': error at character {_position}");
}
