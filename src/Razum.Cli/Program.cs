using Razum.Cli;

return await CommandLine.Run(args, Terminal.Open()).ConfigureAwait(false);
