using System.Text.Json;
using Razum.Tensors.Machine;
using Razum.Tensors.SelfTest;
using Razum.Tensors.Simd;

namespace Razum.Cli;

/// <summary>What Razum makes of this processor: kernels, peaks, and whether all kernels compute what their references do.</summary>
internal sealed class DoctorReport
{
    private const double PeakMilliseconds = 150;

    /// <summary>Of one thread, and of all if there are more.</summary>
    public required IReadOnlyList<MachinePeaks> Peaks { get; init; }

    public required IReadOnlyList<SelfTestResult> Checks { get; init; }

    /// <summary>Whether every check passed.</summary>
    public bool Passed => Checks.All(c => c.Passed);

    /// <summary>Every instruction set, widest first: its state, and why it is not used.</summary>
    public static IEnumerable<(InstructionSet Set, string State, string Reason)> Kernels()
    {
        InstructionSet chosen = InstructionSets.Default;
        bool isNamed = chosen != InstructionSets.Supported[^1];
        foreach (InstructionSet set in Enum.GetValues<InstructionSet>().Reverse())
        {
            yield return InstructionSets.Missing(set) is { } reason ? (set, "not here", reason)
                : set == chosen ? (set, "chosen", $"{(isNamed ? "named by RAZUM_KERNELS" : "the widest")}: {About(set)}")
                : (set, "available", isNamed && set > chosen ? "RAZUM_KERNELS names another" : About(set));
        }
    }

    /// <summary>Measures and checks.</summary>
    /// <param name="threads">All threads; 0 means one per processor.</param>
    /// <param name="progress">Called with what begins, and the share of all that is done.</param>
    public static DoctorReport Make(int threads, Action<string, double> progress)
    {
        progress("measuring one thread", 0);
        List<MachinePeaks> peaks = [Measure(1)];
        int all = threads > 0 ? threads : Processor.Threads;
        if (all > 1)
        {
            progress($"measuring {all} threads", 0.1);
            peaks.Add(Measure(all));
        }

        return new DoctorReport { Peaks = peaks, Checks = KernelSelfTest.Run((done, of) => progress("checking kernels", 0.2 + (0.8 * done / of))) };
    }

    /// <summary>Everything as one JSON object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        MachineText.WriteProcessor(json);
        json.WriteStartArray("kernels");
        foreach ((InstructionSet set, string state, string reason) in Kernels())
        {
            json.WriteStartObject();
            json.WriteString("set", set.ToString().ToLowerInvariant());
            json.WriteString("state", state);
            json.WriteString("reason", reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("peaks");
        foreach (MachinePeaks peaks in Peaks)
        {
            json.WriteStartObject();
            MachineText.WritePeaks(json, peaks);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteChecks(json);
        json.WriteEndObject();
    }

    private static string About(InstructionSet set) => set switch
    {
        InstructionSet.Scalar => "plain C#",
        InstructionSet.Neon => "vectors of 128 bits",
        InstructionSet.Avx2 => "vectors of 256 bits",
        InstructionSet.Avx512 => "vectors of 512 bits",
        _ => "vectors of 512 bits, and machine code",
    };

    private static MachinePeaks Measure(int threads)
    {
        using var meter = new PeakMeter(threads);
        return meter.Measure(PeakMilliseconds, fourStreams: true);
    }

    private void WriteChecks(Utf8JsonWriter json)
    {
        json.WriteStartObject("self_test");
        json.WriteBoolean("passed", Passed);
        json.WriteNumber("checks", Checks.Count);
        json.WriteNumber("failed", Checks.Count(c => !c.Passed));
        json.WriteStartArray("results");
        foreach (SelfTestResult check in Checks)
        {
            json.WriteStartObject();
            json.WriteString("kernel", check.Kernel);
            json.WriteString("case", check.Case);
            json.WriteString("set", check.Set.ToString().ToLowerInvariant());
            json.WriteString("format", check.Format.ToString());
            json.WriteString("arithmetic", check.Arithmetic.ToString().ToLowerInvariant());
            json.WriteBoolean("passed", check.Passed);
            WriteError(json, "error", check.Error);
            WriteError(json, "gradient_error", check.GradientError);
            json.WriteString("failure", check.Failure);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>JSON has no NaN and no infinity: null, and the check has failed.</summary>
    private static void WriteError(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } error && double.IsFinite(error))
        {
            json.WriteNumber(name, error);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
