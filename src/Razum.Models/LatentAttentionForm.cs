namespace Razum.Models;

/// <summary>
/// The two algebraic forms of latent attention. They agree to rounding (1e-5), not bit for bit: a run that samples and trains uses one of them for both.
/// With an indexer there is only the absorbed one.
/// </summary>
public enum LatentAttentionForm
{
    /// <summary>Keys and values of every head are made from the latents: fewer operations per score; right for training and long prompts.</summary>
    Expanded,

    /// <summary>Queries go into the latent space: multi-query attention over the cached latents themselves; right for decoding.</summary>
    Absorbed,
}
