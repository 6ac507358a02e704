namespace Razum.Text.Parsers;

/// <summary>How a model writes the calls of tools.</summary>
public enum ToolCallFormat
{
    /// <summary>It does not, or they are not to be looked for.</summary>
    None,

    /// <summary>DeepSeek-V3 and R1: <c>&lt;｜tool▁call▁begin｜&gt;function&lt;｜tool▁sep｜&gt;NAME\n```json\nJSON\n```&lt;｜tool▁call▁end｜&gt;</c>.</summary>
    DeepSeekV3,

    /// <summary>DeepSeek-V3.1: <c>&lt;｜tool▁call▁begin｜&gt;NAME&lt;｜tool▁sep｜&gt;JSON&lt;｜tool▁call▁end｜&gt;</c>.</summary>
    DeepSeekV31,

    /// <summary>Hermes and Qwen: <c>&lt;tool_call&gt;{"name": ..., "arguments": ...}&lt;/tool_call&gt;</c>.</summary>
    Hermes,

    /// <summary>Llama 3.1: the whole answer is JSON objects parted by semicolons.</summary>
    Llama3Json,

    /// <summary>Kimi K2: <c>&lt;|tool_call_begin|&gt;functions.NAME:N&lt;|tool_call_argument_begin|&gt;JSON&lt;|tool_call_end|&gt;</c>.</summary>
    KimiK2,
}
