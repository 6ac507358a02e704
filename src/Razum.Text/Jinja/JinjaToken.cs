namespace Razum.Text.Jinja;

/// <summary>The kinds of token in a template.</summary>
internal enum JinjaTokenKind
{
    Data,
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name,
    Text,
    Integer,
    Float,
    Operator,
    End,
}

/// <summary>One token: its text (of <see cref="JinjaTokenKind.Text"/>: unescaped) and where it begins.</summary>
internal readonly record struct JinjaToken(JinjaTokenKind Kind, string Text, int Position)
{
    public bool IsOperator(string text) => Kind == JinjaTokenKind.Operator && Text == text;

    public bool IsName(string text) => Kind == JinjaTokenKind.Name && Text == text;

    /// <summary>How messages call it.</summary>
    public string Description => Kind switch
    {
        JinjaTokenKind.VariableEnd => "end of print statement",
        JinjaTokenKind.BlockEnd => "end of statement block",
        JinjaTokenKind.End => "end of template",
        JinjaTokenKind.Data => "template data",
        _ => Text,
    };
}
