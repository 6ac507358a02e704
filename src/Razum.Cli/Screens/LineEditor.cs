using System.Globalization;
using System.Text;
using Spectre.Console;

namespace Razum.Cli.Screens;

/// <summary>
/// Reads one line from a terminal: arrows, Home, End, Delete, words (Ctrl-arrows), history (up, down), and the customary Ctrl-A E K U W L.
/// Ctrl-C clears the line, or leaves when it is empty; Ctrl-D on an empty line leaves. Long lines wrap; wide characters and emoji count their cells.
/// Left out: completion, several lines.
/// </summary>
internal sealed class LineEditor(IAnsiConsole console)
{
    private readonly List<string> _history = [];
    private List<string> _elements = [];
    private int _caret;
    private int _caretRow;
    private string _prompt = "";

    /// <summary>Adds a line to the history.</summary>
    public void Remember(string line)
    {
        if (line.Trim().Length > 0 && (_history.Count == 0 || _history[^1] != line))
        {
            _history.Add(line);
        }
    }

    /// <summary>The line typed after <paramref name="prompt"/>, or null when the user leaves.</summary>
    public string? ReadLine(string prompt)
    {
        _prompt = prompt;
        _caretRow = 0;
        Replace("");
        int shown = _history.Count;
        string unfinished = "";
        Draw();
        while (console.Input.ReadKey(true) is { } key)
        {
            bool control = key.Modifiers.HasFlag(ConsoleModifiers.Control);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    return Accept();
                case ConsoleKey.C when control && _elements.Count == 0:
                case ConsoleKey.D when control && _elements.Count == 0:
                    NewLine();
                    return null;
                case ConsoleKey.C when control:
                    Replace("");
                    break;
                case ConsoleKey.L when control:
                    console.Profile.Out.Writer.Write("\e[2J\e[H");
                    _caretRow = 0;
                    break;
                case ConsoleKey.UpArrow when shown > 0:
                    unfinished = shown == _history.Count ? string.Concat(_elements) : unfinished;
                    Replace(_history[--shown]);
                    break;
                case ConsoleKey.DownArrow when shown < _history.Count:
                    Replace(++shown == _history.Count ? unfinished : _history[shown]);
                    break;
                default:
                    Edit(key, control);
                    break;
            }

            Draw();
        }

        return null;
    }

    private void Edit(ConsoleKeyInfo key, bool control)
    {
        switch (key.Key)
        {
            case ConsoleKey.LeftArrow:
                _caret = control ? WordStart() : Math.Max(0, _caret - 1);
                break;
            case ConsoleKey.RightArrow:
                _caret = control ? WordEnd() : Math.Min(_elements.Count, _caret + 1);
                break;
            case ConsoleKey.Home:
            case ConsoleKey.A when control:
                _caret = 0;
                break;
            case ConsoleKey.End:
            case ConsoleKey.E when control:
                _caret = _elements.Count;
                break;
            case ConsoleKey.Backspace when !control && _caret > 0:
                Remove(_caret - 1, _caret);
                break;
            case ConsoleKey.Backspace or ConsoleKey.W when control:
                Remove(WordStart(), _caret);
                break;
            case ConsoleKey.Delete:
            case ConsoleKey.D when control:
                Remove(_caret, Math.Min(_caret + 1, _elements.Count));
                break;
            case ConsoleKey.K when control:
                Remove(_caret, _elements.Count);
                break;
            case ConsoleKey.U when control:
                Remove(0, _caret);
                break;
            default:
                if (!control && (!char.IsControl(key.KeyChar) || key.KeyChar == '\t'))
                {
                    Insert(key.KeyChar == '\t' ? ' ' : key.KeyChar);
                }

                break;
        }
    }

    /// <summary>Puts a character at the caret. One that belongs to its predecessor (second surrogate, accent) joins it.</summary>
    private void Insert(char character)
    {
        string before = string.Concat(_elements[.._caret]) + character;
        string after = string.Concat(_elements[_caret..]);
        _elements = Elements(before);
        _caret = _elements.Count;
        _elements.AddRange(Elements(after));
    }

    private void Remove(int from, int to)
    {
        _elements.RemoveRange(from, to - from);
        _caret = from;
    }

    private void Replace(string text)
    {
        _elements = Elements(text);
        _caret = _elements.Count;
    }

    private int WordStart()
    {
        int at = _caret;
        while (at > 0 && _elements[at - 1] == " ")
        {
            at--;
        }

        while (at > 0 && _elements[at - 1] != " ")
        {
            at--;
        }

        return at;
    }

    private int WordEnd()
    {
        int at = _caret;
        while (at < _elements.Count && _elements[at] == " ")
        {
            at++;
        }

        while (at < _elements.Count && _elements[at] != " ")
        {
            at++;
        }

        return at;
    }

    private string Accept()
    {
        _caret = _elements.Count;
        Draw();
        NewLine();
        string line = string.Concat(_elements);
        Remember(line);
        return line;
    }

    /// <summary>Rewrites prompt and line from the row where the prompt began, and leaves the cursor at the caret.</summary>
    private void Draw()
    {
        int columns = Math.Max(20, console.Profile.Width);
        var output = new StringBuilder();
        Up(output, _caretRow);
        output.Append("\r\e[J").Append(_prompt);
        (int row, int column) = (0, _prompt.GetCellWidth());
        (int caretRow, int caretColumn) = (row, column);
        for (int i = 0; i < _elements.Count; i++)
        {
            int cells = _elements[i].GetCellWidth();
            (row, column) = column + cells > columns ? (row + 1, cells) : (row, column + cells);
            output.Append(_elements[i]);
            if (i == _caret - 1)
            {
                (caretRow, caretColumn) = (row, column);
            }
        }

        if (column == columns)
        {
            output.Append(" \r\e[K");
            (caretRow, caretColumn) = (caretRow, caretColumn) == (row, column) ? (row + 1, 0) : (caretRow, caretColumn);
            row++;
        }

        Up(output, row - caretRow);
        output.Append('\r');
        if (caretColumn > 0)
        {
            output.Append(CultureInfo.InvariantCulture, $"\e[{caretColumn}C");
        }

        _caretRow = caretRow;
        console.Profile.Out.Writer.Write(output.ToString());
        console.Profile.Out.Writer.Flush();
    }

    private void NewLine() => console.Profile.Out.Writer.WriteLine();

    private static void Up(StringBuilder output, int rows)
    {
        if (rows > 0)
        {
            output.Append(CultureInfo.InvariantCulture, $"\e[{rows}A");
        }
    }

    private static List<string> Elements(string text)
    {
        var elements = new List<string>();
        for (int at = 0; at < text.Length;)
        {
            int length = StringInfo.GetNextTextElementLength(text, at);
            elements.Add(text.Substring(at, length));
            at += length;
        }

        return elements;
    }
}
