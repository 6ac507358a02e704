namespace Razum.Text.Jinja;

/// <summary>A template that cannot be read or run. The message names template, line and column.</summary>
public sealed class JinjaException : Exception
{
    internal JinjaException(string name, int line, int column, string reason)
        : base($"{name}, line {line}, column {column}: {reason}")
    {
        (Line, Column, Reason) = (line, column, reason);
    }

    /// <summary>From 1.</summary>
    public int Line { get; }

    /// <summary>From 1, in UTF-16 units.</summary>
    public int Column { get; }

    /// <summary>What is wrong; for <c>raise_exception</c> its argument, unchanged.</summary>
    public string Reason { get; }
}
