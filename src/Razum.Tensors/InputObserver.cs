namespace Razum.Tensors;

/// <summary>Listens to what weights are multiplied by: statistics of the inputs of linear layers and experts.</summary>
/// <param name="weight">The weight [out, in].</param>
/// <param name="x">
/// Its left side, valid during the call. [T, in], of an expert the rows that were sent to it; where every head has a matrix of its own, the inputs of all heads
/// side by side (<see cref="Ops.HeadLinear"/>).
/// </param>
/// <param name="transposed">Whether x meets the rows of the weight and not, as usual, its columns.</param>
public delegate void InputObserver(Weight weight, Tensor x, bool transposed);
