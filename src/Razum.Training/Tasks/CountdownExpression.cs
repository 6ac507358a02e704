using System.Globalization;
using System.Numerics;

namespace Razum.Training.Tasks;

/// <summary>
/// Exact reader of <c>+ - * / ( )</c> over unsigned integers, by recursive descent: * / before + -, left-associative, no sign, no leading zero,
/// spaces anywhere but inside a number. Nothing else is evaluated, so the work is bounded by the 200 characters.
/// <code>
/// sum     := product (('+' | '-') product)*
/// product := atom (('*' | '/') atom)*
/// atom    := number | '(' sum ')'
/// </code>
/// </summary>
internal ref struct CountdownExpression
{
    private const int MaxLength = 200;
    private const int MaxDepth = 31; // nested brackets

    private readonly ReadOnlySpan<char> _text;
    private readonly List<BigInteger> _numbers;
    private int _position;
    private int _depth;

    private CountdownExpression(ReadOnlySpan<char> text, List<BigInteger> numbers)
    {
        _text = text;
        _numbers = numbers;
    }

    /// <summary>Value and numbers, in order, of the whole of <paramref name="text"/>; false for anything else and for a division by zero.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out Rational value, out IReadOnlyList<BigInteger> numbers)
    {
        List<BigInteger> used = [];
        numbers = used;
        value = default;
        if (text.Length > MaxLength)
        {
            return false;
        }

        CountdownExpression reader = new(text, used);
        return reader.ReadSum(out value) && reader.Peek() == '\0' && reader._position == text.Length;
    }

    private bool ReadSum(out Rational value)
    {
        bool read = ReadProduct(out value);
        while (read && Peek() is '+' or '-')
        {
            char operation = _text[_position++];
            read = ReadProduct(out Rational right);
            if (read)
            {
                value = operation == '+' ? value + right : value - right;
            }
        }

        return read;
    }

    private bool ReadProduct(out Rational value)
    {
        bool read = ReadAtom(out value);
        while (read && Peek() is '*' or '/')
        {
            char operation = _text[_position++];
            read = ReadAtom(out Rational right) && !(operation == '/' && right.IsZero);
            if (read)
            {
                value = operation == '*' ? value * right : value / right;
            }
        }

        return read;
    }

    private bool ReadAtom(out Rational value)
    {
        value = default;
        char first = Peek();
        if (first == '(')
        {
            if (_depth == MaxDepth)
            {
                return false;
            }

            _depth++;
            _position++;
            bool closed = ReadSum(out value) && Peek() == ')';
            _position++;
            _depth--;
            return closed;
        }

        int start = _position;
        while (_position < _text.Length && char.IsAsciiDigit(_text[_position]))
        {
            _position++;
        }

        ReadOnlySpan<char> digits = _text[start.._position];
        if (digits.IsEmpty || (digits.Length > 1 && first == '0'))
        {
            return false;
        }

        BigInteger number = BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        _numbers.Add(number);
        value = number;
        return true;
    }

    // The next character that is not a space; '\0' at the end.
    private char Peek()
    {
        while (_position < _text.Length && _text[_position] == ' ')
        {
            _position++;
        }

        return _position < _text.Length ? _text[_position] : '\0';
    }
}
