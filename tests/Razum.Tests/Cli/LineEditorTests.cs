using Razum.Cli.Screens;
using Spectre.Console.Testing;
using Xunit;

namespace Razum.Tests.Cli;

/// <summary>Keys in, a line out. A name in angle brackets is a key, <c>^x</c> is Ctrl-X.</summary>
public sealed class LineEditorTests
{
    [Theory]
    [InlineData("hello", "hello")]
    [InlineData("helo<LeftArrow>l", "hello")]
    [InlineData("ello<Home>h<End>!", "hello!")]
    [InlineData("hello<Backspace><Backspace>p", "help")]
    [InlineData("xhello^A<Delete>", "hello")]
    [InlineData("one two three^W", "one two ")]
    [InlineData("one two^U", "")]
    [InlineData("one two^A^K", "")]
    [InlineData("wrong^Cright", "right")]
    [InlineData("ab^A<RightArrow>^D", "a")]
    [InlineData("one three^<LeftArrow>two ", "one two three")]
    [InlineData("é日本<LeftArrow><Backspace>", "é本")]
    [InlineData("😀👍🏽<LeftArrow><Delete><Backspace>", "")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa<Home>b", "baaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void Keys_edit_the_line(string keys, string expected)
    {
        (LineEditor editor, TestConsole console) = Create();
        Press(console, keys + "<Enter>");
        Assert.Equal(expected, editor.ReadLine("> "));
    }

    [Theory]
    [InlineData("^C")]
    [InlineData("^D")]
    [InlineData("typed^C^C")]
    public void Leaving_gives_no_line(string keys)
    {
        (LineEditor editor, TestConsole console) = Create();
        Press(console, keys);
        Assert.Null(editor.ReadLine("> "));
    }

    [Fact]
    public void Arrows_walk_the_history_and_come_back_to_the_unfinished_line()
    {
        (LineEditor editor, TestConsole console) = Create();
        editor.Remember("one");
        Press(console, "two<Enter>thr<UpArrow><UpArrow><Enter>new<UpArrow><DownArrow>er<Enter>");
        Assert.Equal("two", editor.ReadLine("> "));
        Assert.Equal("one", editor.ReadLine("> "));
        Assert.Equal("newer", editor.ReadLine("> "));
    }

    private static (LineEditor Editor, TestConsole Console) Create()
    {
        TestConsole console = new TestConsole().Width(20).Interactive();
        return (new LineEditor(console), console);
    }

    private static void Press(TestConsole console, string keys)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            bool control = keys[i] == '^';
            i += control ? 1 : 0;
            if (keys[i] == '<')
            {
                int end = keys.IndexOf('>', i);
                console.Input.PushKey(new ConsoleKeyInfo('\0', Enum.Parse<ConsoleKey>(keys[(i + 1)..end]), false, false, control));
                i = end;
            }
            else if (control)
            {
                console.Input.PushKey(new ConsoleKeyInfo((char)(keys[i] - '@'), Enum.Parse<ConsoleKey>(keys[i].ToString()), false, false, true));
            }
            else
            {
                console.Input.PushKey(new ConsoleKeyInfo(keys[i], ConsoleKey.None, false, false, false));
            }
        }
    }
}
