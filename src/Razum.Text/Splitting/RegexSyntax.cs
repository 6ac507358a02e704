namespace Razum.Text.Splitting;

// A pattern as written. RegexCompiler makes nodes of it.

internal abstract record RegexSyntax;

internal sealed record SetSyntax(List<(int First, int Last)> Ranges) : RegexSyntax;

internal sealed record SequenceSyntax(List<RegexSyntax> Items) : RegexSyntax;

internal sealed record ChoiceSyntax(List<RegexSyntax> Items) : RegexSyntax;

internal sealed record RepeatSyntax(RegexSyntax Item, int Least, int Most, bool IsLazy, bool IsPossessive) : RegexSyntax;

internal sealed record LookSyntax(RegexSyntax Item, bool IsNegative, bool Takes) : RegexSyntax;

internal sealed record LookBehindSyntax(SetSyntax Set, bool IsNegative) : RegexSyntax;

internal sealed record AnchorSyntax(char Kind) : RegexSyntax;
