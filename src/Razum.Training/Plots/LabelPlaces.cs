using ScottPlot;

namespace Razum.Training.Plots;

/// <summary>
/// Room for labels beside points, in pixels of the plotted area, y downwards: of some places around a point the first that covers nothing else and stays
/// inside.
/// </summary>
internal sealed class LabelPlaces(float width, float height)
{
    private const float CharWidth = 8;
    private const float LineHeight = 17;
    private const float Gap = 12;

    private readonly List<PixelRect> _taken = [];

    /// <summary>Keeps labels away from a rectangle.</summary>
    public void Take(float left, float right, float top, float bottom) => _taken.Add(new PixelRect(left, right, bottom, top));

    /// <summary>Where the label of the point goes: its corner that is held, and how far from the point. The place is then taken.</summary>
    public (Alignment Corner, float X, float Y) Find(float x, float y, string text)
    {
        string[] lines = text.Split('\n');
        (float w, float h) = (lines.Max(l => l.Length) * CharWidth, lines.Length * LineHeight);
        (Alignment Corner, float X, float Y)[] places =
        [
            (Alignment.UpperLeft, Gap, 0), (Alignment.UpperRight, -Gap, 0), (Alignment.LowerLeft, Gap, 0), (Alignment.LowerRight, -Gap, 0),
            (Alignment.UpperLeft, Gap, h), (Alignment.UpperRight, -Gap, h), (Alignment.UpperLeft, -w / 2, Gap), (Alignment.UpperLeft, -w / 2, h + Gap),
        ];
        (Alignment Corner, float X, float Y) best = places.FirstOrDefault(p => IsFree(Box(p)), places[0]);
        PixelRect box = Box(best);
        Take(box.Left, box.Right, box.Top, box.Bottom);
        return best;

        PixelRect Box((Alignment Corner, float X, float Y) place)
        {
            float left = x + place.X - (place.Corner is Alignment.UpperRight or Alignment.LowerRight ? w : 0);
            float top = y + place.Y - (place.Corner is Alignment.LowerLeft or Alignment.LowerRight ? h : 0);
            return new PixelRect(left, left + w, top + h, top);
        }
    }

    private bool IsFree(PixelRect box) =>
        box.Left >= 0 && box.Right <= width && box.Top >= 0 && box.Bottom <= height
        && _taken.All(t => box.Right <= t.Left || box.Left >= t.Right || box.Bottom <= t.Top || box.Top >= t.Bottom);
}
