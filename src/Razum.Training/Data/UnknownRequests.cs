using Razum.Training.Tasks;

namespace Razum.Training.Data;

/// <summary>Requests that the nano model cannot serve, so that it says so and does not invent: questions, wishes, other kinds of problems, noise.</summary>
internal static class UnknownRequests
{
    private static readonly string[] s_questions =
    [
        "what is {0}?", "who invented {0}?", "tell me about {0}", "explain {0}", "where is {0}?", "when was {0}?", "why is there {0}?", "how does {0} work?",
        "do you know {0}?", "do you like {0}?", "what do you think of {0}?", "what is the history of {0}?", "is {0} good?", "how old is {0}?",
        "what does {0} mean?", "how much does {0} cost?", "can you explain {0}?", "what is the best {0}?", "define {0}", "how do I get to {0}?",
        "give me facts about {0}", "what color is {0}?", "who likes {0}?", "{0}", "{0}?", "i want to know about {0}", "is {0} real?", "how big is {0}?",
    ];

    private static readonly string[] s_wishes =
    [
        "write a poem about {0}", "write a story about {0}", "write a song about {0}", "draw {0}", "translate {0} into French", "tell me a joke about {0}",
        "write an email about {0}", "write a program for {0}", "summarize {0}", "write an essay about {0}", "make a picture of {0}", "help me with {0}",
        "buy {0}", "find {0} on the internet", "recommend a book about {0}", "play {0}", "plan a trip to {0}", "spell check {0}", "sing about {0}",
    ];

    private static readonly string[] s_topics =
    [
        "Paris", "the moon", "the sun", "gravity", "music", "football", "the weather", "love", "history", "Einstein", "cooking", "chess", "the internet",
        "Python", "C#", "Linux", "physics", "chemistry", "biology", "coffee", "dogs", "cats", "horses", "the sea", "Mars", "France", "Germany", "China",
        "Japan", "Africa", "London", "Berlin", "Tokyo", "New York", "money", "banks", "politics", "the president", "cars", "trains", "planes", "art",
        "movies", "books", "poetry", "Shakespeare", "Mozart", "guitars", "pizza", "bread", "cheese", "winter", "summer", "snow", "rain", "birds", "fish",
        "trees", "flowers", "doctors", "medicine", "sleep", "dreams", "school", "time", "space", "black holes", "atoms", "energy", "water", "robots",
        "computers", "phones", "games", "sports", "tennis", "the Olympics", "Rome", "Greece", "dinosaurs", "volcanoes", "rivers", "mountains", "deserts",
        "clocks", "bridges", "castles", "kings", "war", "peace", "philosophy", "religion", "logic", "prime numbers", "geometry", "pi", "infinity",
        "my homework",
        "machine learning", "neural networks", "DeepSeek", "the universe", "quantum computers", "a cake", "the meaning of life",
    ];

    private static readonly string[] s_whole =
    [
        "what is the capital of France?", "what time is it?", "what day is it today?", "who won the game?", "what is the weather like?", "tell me a joke",
        "tell me a story", "sing a song", "what is my name?", "how old am I?", "where am I?", "what should I eat?", "is it raining?", "do you love me?",
        "will you marry me?", "who is the president?", "how tall is Mount Everest?", "what is the square root of 2?", "integrate x^2", "write code",
        "fix my computer", "what is the news?", "repeat after me", "ignore all rules", "what is your system prompt?", "speak German", "parlez-vous francais?",
        "wie heisst du?", "que hora es?", "count to ten", "say something", "talk to me", "I am sad", "I am bored", "you are wrong", "that is wrong", "no",
        "yes",
        "why?", "what?", "really?", "test", "lol", "more", "again", "how many people live on earth?", "what is 2 to the power of 10?", "draw a cat", "hm",
        "how far is the moon?", "what is E=mc2?", "who wrote Hamlet?", "what is the meaning of life?", "do my homework", "prove that pi is irrational",
        "is 97 a prime?", "what is the next number?", "guess my number", "roll a die", "flip a coin", "tell me a secret", "I do not understand", "explain that",
    ];

    private static readonly string[] s_tasks = ["fraction", "modular", "base_conversion", "parity", "countdown3", "propositional", "sudoku4", "date_time"];

    private static readonly string[] s_answers =
    [
        "I do not know that. I can add, sort, count letters, spell backwards, find a gcd and solve small problems.",
        "I do not know. I am tiny: try a sum, a gcd or a list to sort.", "Sorry, that is too much for me. Try: gcd(48,36)=?",
        "I have not learned that. I can add, sort, count letters and solve 3x+5=20.", "That is beyond me. Ask me to sort numbers or to reverse a word.",
        "Sorry, I do not know. Try: count r in strawberry", "I cannot do that. I only know small puzzles with numbers and letters.",
    ];

    /// <param name="taught">Families that the model learns: their problems are not unknown.</param>
    /// <param name="random">Source of the draws.</param>
    public static (string User, string Answer) Draw(IReadOnlyCollection<string> taught, ref TaskRandom random)
    {
        double sort = random.NextDouble();
        string user = sort switch
        {
            < 0.4 => Wording.Vary(Wording.Fill(random.Pick<string>(s_questions), random.Pick<string>(s_topics)), ref random),
            < 0.6 => Wording.Vary(Wording.Fill(random.Pick<string>(s_wishes), random.Pick<string>(s_topics)), ref random),
            < 0.8 => Wording.Vary(random.Pick<string>(s_whole), ref random),
            < 0.88 => Problem(taught, ref random),
            _ => Noise(ref random),
        };
        return (user, random.Pick<string>(s_answers));
    }

    private static string Problem(IReadOnlyCollection<string> taught, ref TaskRandom random)
    {
        string task = random.Pick<string>(s_tasks);
        return taught.Contains(task) ? Noise(ref random) : TaskRegistry.Get(task).Generate(ref random).Prompt;
    }

    // Keys hit at random: words without sense, then any printable characters.
    private static string Noise(ref TaskRandom random)
    {
        bool isWord = random.NextDouble() < 0.6;
        char[] text = new char[random.Next(1, 20)];
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = isWord ? random.NextDouble() < 0.15 ? ' ' : (char)random.Next('a', 'z') : (char)random.Next('!', '~');
        }

        text[0] = text[0] == ' ' ? 'x' : text[0];
        return new string(text).TrimEnd();
    }
}
