namespace Razum.Training.Optimizers;

/// <summary>Averages of the weights after every update, w_1, w_2, ...; d the decay.</summary>
public enum AverageKind
{
    /// <summary>a_1 = w_1; a_t = d a + (1 - d) w_t. Remembers its beginning for long.</summary>
    Ema,

    /// <summary>The same begun at 0 and divided by 1 - d^t: early weights count no more than others.</summary>
    EmaCorrected,

    /// <summary>Mean of all (stochastic weight averaging, arXiv 1803.05407).</summary>
    Mean,
}
