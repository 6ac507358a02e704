namespace Razum.Text;

/// <summary>
/// A token cut out of the text before BPE, with its flags in <c>tokenizer.json</c>. SingleWord: only where no word character touches it. LeftStrip,
/// RightStrip: it swallows the blanks on that side. Normalized: it is looked for in the normalised text, else in the raw one. Special: a control token,
/// left out when text is decoded with <c>skipSpecial</c> and not parsed when text is encoded with <c>parseSpecial: false</c>.
/// </summary>
internal readonly record struct AddedToken(int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized, bool Special)
{
    /// <summary>Reads the flags of a token from its JSON object.</summary>
    public static AddedToken Read(JsonFields item, int id)
    {
        bool special = item.Flag("special", otherwise: false);
        return new AddedToken(id, item.RequiredText("content"), item.Flag("single_word", otherwise: false), item.Flag("lstrip", otherwise: false),
            item.Flag("rstrip", otherwise: false), item.Flag("normalized", otherwise: !special), special);
    }
}
