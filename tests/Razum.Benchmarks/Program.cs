using Razum.Benchmarks;

// One benchmark per class: name, what it measures, and how to run it.
(string Name, string About, Action<string[]> Run)[] benchmarks =
[
    ("matmul", "matrix products against the peak of a core, F32 and BF16", MatMulBenchmark.Run),
    ("row", "one row through a large matrix against the bandwidth of memory", RowBenchmark.Run),
    ("quantised", "products with Q8_0 and Q4_K against the peak of vpdpbusd and the read bandwidth", QuantisedBenchmark.Run),
    ("train", "whole training steps, dense and with experts, against the peak, F32 and BF16", TrainStepBenchmark.Run),
    ("decode", "tokens a second of 1, 8 and 64 sequences of the nano shape, as shares of the FMA peak", DecodeBenchmark.Run),
    ("speculation", "answers of a trained model with and without guesses that are checked together", SpeculationBenchmark.Run),
    ("adapters", "decoding steps of 8 sequences shared among adapters: THREADS STEPS", AdapterBenchmark.Run),
    ("sparse", "a checkpoint of R1's size whose bytes are holes, written, or loaded and run: PATH, PATH --run", Sparse.Run),
    ("file", "writes a GGUF file of a named shape, to measure: SHAPE MIXTURE FILE", ShapeFile.Run),
    ("soak", "random load over a tiny cache, every answer compared with the one computed alone: --minutes N", Soak.Run),
];

foreach ((string name, _, Action<string[]> run) in benchmarks)
{
    if (args.Length > 0 && args[0] == name)
    {
        run(args[1..]);
        return 0;
    }
}

Console.WriteLine("usage: dotnet run -c Release --project tests/Razum.Benchmarks -- NAME [options]");
foreach ((string name, string about, _) in benchmarks)
{
    Console.WriteLine($"  {name,-16} {about}");
}

return args.Length == 0 ? 0 : 2;
