using Razum.Tensors.Simd; using Razum.Tensors.Threading;
namespace Razum.Tensors.Kernels;
internal static class HeadLinear {
 public static void Forward<S,V>(WorkerPool p, Tensor x, Weight w, HeadRows s, int h, bool t, Tensor y){}
 public static void BackwardInput<S,V>(WorkerPool p, Tensor x, Weight w, HeadRows s, int h, bool t, Tensor y, bool a){}
 public static void BackwardWeight<S,V>(WorkerPool p, Tensor x, Tensor w, HeadRows s, int h, bool t, Tensor y){}
 public static void Reference(Tensor x, Weight w, HeadRows s, int h, bool t, Tensor y){}
}
