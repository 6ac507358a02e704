Console.WriteLine("razum");
