"""Small plots as inline SVG: they need no script, no network, and take their colours from the page."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from markupsafe import Markup

_WIDTH: Final = 300
_HEIGHT: Final = 92
#: Room beside the line: for the marks' radius, the values, the dates.
_LEFT, _RIGHT, _TOP, _BOTTOM = 4, 58, 10, 18
_MARK: Final = 3.2
#: Height of a line of text.
_LINE: Final = 11
#: Share of the highest value that a plot is high at least.
_LEAST_SPAN: Final = 0.03


class Trend(NamedTuple):
    """A figure over time."""

    name: str
    #: Dates, ISO.
    at: tuple[str, ...]
    values: tuple[float, ...]
    #: How a value is written.
    form: str = "{:,.0f}"
    #: Whether more is better: None where neither is.
    is_good: bool | None = None
    #: Numbers of the runs whose build readers never saw.
    held: frozenset[int] = frozenset()

    @property
    def last(self) -> str:
        """The newest value, as it is written."""
        return self.form.format(self.values[-1])

    @property
    def delta(self) -> str:
        """How the newest value differs from the one before; empty if there is none, or it is written the same."""
        if len(self.values) < 2:
            return ""
        change = self.values[-1] - self.values[-2]
        written = self.form.format(abs(change))
        return "" if written == self.form.format(0) else ("+" if change > 0 else "−") + written

    @property
    def verdict(self) -> str:
        """Whether the newest change is 'good', 'bad' or neither: an empty word."""
        if self.is_good is None or not self.delta:
            return ""
        return "good" if (self.values[-1] > self.values[-2]) == self.is_good else "bad"


def trend_svg(trend: Trend) -> Markup:
    """Draw a figure over time: a line with a mark for each run, which stands where its time is.

    The axis begins at zero, with the area below the line filled, where the values reach half-way down to it. Else a
    change would hardly be seen, so it is cut off: there is no area, the axis is dashed, and its ends are written.

    Parameters
    ----------
    trend : Trend
        With at least one value.

    Returns
    -------
    Markup
        An SVG element with a title for screen readers; its colours are the page's ``currentColor`` and variables.
    """
    low, high = min(trend.values), max(trend.values)
    is_from_zero = 0 <= low <= high / 2
    bottom = 0.0 if is_from_zero else low
    # At least so much from bottom to top: a change of a thousandth must not look like a landslide.
    span = max(high - bottom, abs(high) * _LEAST_SPAN, 1e-9)
    if not is_from_zero:
        bottom -= (span - (high - low)) / 2
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    base = _HEIGHT - _BOTTOM
    count = len(trend.values)
    times = [datetime.fromisoformat(at).timestamp() for at in trend.at]
    lasted = times[-1] - times[0]

    def x(number: int) -> float:
        return round(_LEFT + (width * (times[number] - times[0]) / lasted if lasted > 0 else width), 1)

    def y(value: float) -> float:
        return round(base - height * (value - bottom) / span, 1)

    first = trend.form.format(trend.values[0])
    said = f"{trend.name}: {first} on {trend.at[0][:10]}, {trend.last} on {trend.at[-1][:10]}"
    parts = [
        Markup('<svg class="trend" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            _WIDTH, _HEIGHT, said
        ),
        Markup('<line class="axis" x1="{}" x2="{}" y1="{}" y2="{}" stroke-dasharray="{}"/>').format(
            _LEFT, _LEFT + width, base, base, "none" if is_from_zero else "3 3"
        ),
    ]
    points = " ".join(f"{x(number)},{y(value)}" for number, value in enumerate(trend.values))
    if count > 1:
        if is_from_zero:
            area = f"{x(0)},{base} {points} {x(count - 1)},{base}"
            parts.append(Markup('<polygon class="area" points="{}"/>').format(area))
        parts.append(Markup('<polyline class="line" points="{}"/>').format(points))
    for number, value in enumerate(trend.values):
        if count > 31 and number not in trend.held and number != count - 1:
            continue  # so many marks hide the line
        kind = "held" if number in trend.held else "mark"
        radius = _MARK + 1 if number == count - 1 else _MARK - 1
        title = f"{trend.at[number][:16].replace('T', ' ')}: {trend.form.format(value)}"
        if number in trend.held:
            title += " (not published)"
        parts.append(
            Markup('<circle class="{}" cx="{}" cy="{}" r="{}"><title>{}</title></circle>').format(
                kind, x(number), y(value), round(radius, 1), title
            )
        )
    label = _LEFT + width + 9
    parts.append(_text(label, y(high) + 3, trend.form.format(high)))
    least = 0.0 if is_from_zero else low
    if y(least) - y(high) > _LINE:
        parts.append(_text(label, y(least) + 3, trend.form.format(least)))
    parts.append(_text(_LEFT, _HEIGHT - 2, trend.at[0][:10]))
    if count > 1:
        parts.append(_text(_LEFT + width, _HEIGHT - 2, trend.at[-1][:10], anchor="end"))
    return Markup("").join([*parts, Markup("</svg>")])


def _text(x: float, y: float, text: str, *, anchor: str = "start") -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(x, round(y, 1), anchor, text)
