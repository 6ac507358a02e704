using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>
/// Dates go through the day of the year (days before the month, <c>31+28=59</c>, one more from March on in a leap year); times through minutes; a weekday
/// through Sakamoto's sum and its remainder by 7, digit by digit, 0 = Sunday.
/// </summary>
internal static class DateTimeTrace
{
    private const int MinutesOfDay = 1440;

    private static readonly int[] s_before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    private static readonly int[] s_shift = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4]; // Sakamoto 1992

    public static string Write(JsonObject truth)
    {
        StringBuilder trace = new();
        switch (truth.Text("kind"))
        {
            case "plus":
                Plus(trace, Date(truth, "date"), truth.Integer("days"));
                break;
            case "between":
                Between(trace, Date(truth, "from"), Date(truth, "to"));
                break;
            case "weekday":
                Weekday(trace, Date(truth, "date"));
                break;
            case "clock":
                Clock(trace, truth.Text("start"), truth.Integer("minutes"));
                break;
            default:
                Duration(trace, truth.Text("from"), truth.Text("to"));
                break;
        }

        return trace.ToString();
    }

    // 2024-02-28 plus 400: 31+28=59;59+400=459;2024:459-366=93;2025:93-90=3;2025-04-03
    private static void Plus(StringBuilder trace, DateOnly date, int days)
    {
        int day = DayOfYear(trace, date) + days;
        trace.Append(CultureInfo.InvariantCulture, $";{date.DayOfYear}{(days < 0 ? '-' : '+')}{Math.Abs(days)}={day}");
        int year = date.Year;
        while (day > Length(year))
        {
            int next = day - Length(year);
            trace.Append(CultureInfo.InvariantCulture, $";{year}:{day}-{Length(year)}={next}");
            (day, year) = (next, year + 1);
        }

        while (day <= 0)
        {
            year--;
            int next = day + Length(year);
            trace.Append(CultureInfo.InvariantCulture, $";{year}:{day}+{Length(year)}={next}");
            day = next;
        }

        DateOnly result = new DateOnly(year, 1, 1).AddDays(day - 1);
        int before = day - result.Day;
        trace.Append(CultureInfo.InvariantCulture, $";{year}:{day}-{before}={result.Day};{result:yyyy-MM-dd}");
    }

    // 2023-05-17 to 2024-09-03: 120+17=137;243+3+1=247;2023=365;247+365-137=475
    private static void Between(StringBuilder trace, DateOnly from, DateOnly to)
    {
        bool isBack = to < from;
        (DateOnly early, DateOnly late) = isBack ? (to, from) : (from, to);
        int first = DayOfYear(trace, early);
        int last = DayOfYear(trace.Append(';'), late);
        string sum = $"{last}";
        for (int year = early.Year; year < late.Year; year++)
        {
            trace.Append(CultureInfo.InvariantCulture, $";{year}={Length(year)}");
            sum += $"+{Length(year)}";
            last += Length(year);
        }

        trace.Append(CultureInfo.InvariantCulture, $";{sum}-{first}={last - first}");
        if (isBack)
        {
            trace.Append(CultureInfo.InvariantCulture, $";{first - last}");
        }
    }

    // 2024-01-15: y=2023;2023/4=505;2023/100=20;2023/400=5;2023+505-20+5+0+15=2528;25%7=4,42%7=0,8%7=1
    private static void Weekday(StringBuilder trace, DateOnly date)
    {
        int year = date.Month < 3 ? date.Year - 1 : date.Year;
        int shift = s_shift[date.Month - 1];
        int sum = year + (year / 4) - (year / 100) + (year / 400) + shift + date.Day;
        trace.Append(CultureInfo.InvariantCulture, $"y={year};{year}/4={year / 4};{year}/100={year / 100};{year}/400={year / 400};");
        trace.Append(CultureInfo.InvariantCulture, $"{year}+{year / 4}-{year / 100}+{year / 400}+{shift}+{date.Day}={sum};");
        string digits = $"{sum}";
        int rest = digits[0] - '0';
        for (int i = 1; i < digits.Length; i++)
        {
            int next = (rest * 10) + digits[i] - '0';
            rest = next % 7;
            trace.Append(CultureInfo.InvariantCulture, $"{(i > 1 ? "," : "")}{next}%7={rest}");
        }
    }

    // 22:50 plus 3 h 25 min: 50+25=75-60=15;22+3+1=26-24=2
    private static void Clock(StringBuilder trace, string start, int minutes)
    {
        (int hour, int minute) = Time(start);
        int sum = minute + (minutes % 60);
        int carry = sum / 60;
        trace.Append(CultureInfo.InvariantCulture, $"{minute}+{minutes % 60}={sum}{(carry > 0 ? $"-60={sum - 60}" : "")};");
        int hours = hour + (minutes / 60) + carry;
        trace.Append(CultureInfo.InvariantCulture, $"{hour}+{minutes / 60}{(carry > 0 ? "+1" : "")}={hours}{(hours >= 24 ? $"-24={hours - 24}" : "")}");
    }

    // 21:37 to 03:12: 3*60+12=192;21*60+37=1297;192+1440=1632;1632-1297=335
    private static void Duration(StringBuilder trace, string from, string to)
    {
        (int hour, int minute) = Time(from);
        (int toHour, int toMinute) = Time(to);
        (int start, int end) = ((hour * 60) + minute, (toHour * 60) + toMinute);
        trace.Append(CultureInfo.InvariantCulture, $"{toHour}*60+{toMinute}={end};{hour}*60+{minute}={start};");
        if (end < start)
        {
            trace.Append(CultureInfo.InvariantCulture, $"{end}+{MinutesOfDay}={end + MinutesOfDay};");
            end += MinutesOfDay;
        }

        trace.Append(CultureInfo.InvariantCulture, $"{end}-{start}={end - start}");
    }

    private static int DayOfYear(StringBuilder trace, DateOnly date)
    {
        bool isLater = date.Month > 2 && DateTime.IsLeapYear(date.Year);
        trace.Append(CultureInfo.InvariantCulture, $"{s_before[date.Month - 1]}+{date.Day}{(isLater ? "+1" : "")}={date.DayOfYear}");
        return date.DayOfYear;
    }

    private static int Length(int year) => DateTime.IsLeapYear(year) ? 366 : 365;

    private static DateOnly Date(JsonObject truth, string name) => DateOnly.ParseExact(truth.Text(name), "yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static (int Hour, int Minute) Time(string text) => (int.Parse(text.AsSpan(0, 2)), int.Parse(text.AsSpan(3)));
}
