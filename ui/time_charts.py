"""Charts over time: each line has its colour, its dash and its shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from coach.quality.answers import Day
from coach.quality.evaluations import Evaluation, trend
from ui.charts import BLUE, GREEN, GREY, ORANGE, PURPLE, finish, legend, said, tooltip
from ui.words import as_percent, word

COLOURS = (GREEN, ORANGE, BLUE, PURPLE, GREY)
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 6])
HEIGHT, WHOLE_DAYS, SHOWN_MOMENT, SHOWN_DATE = 300, 3, "%d.%m %H:%M", "%d.%m.%Y"


def draw_trend(history: Sequence[Evaluation], names: Sequence[str]) -> alt.Chart:
    """Lines of the chosen metrics over the evaluations, with their intervals."""
    rows = [
        {
            "at": at.isoformat(),
            "kind": one.title,
            "value": one.value,
            "low": one.low,
            "high": one.high,
            "said": f"{one.title}: {as_percent(one.value)}",
        }
        for name in names
        for at, one in trend(history, name)
    ]
    titles = list(dict.fromkeys(str(row["kind"]) for row in rows))
    is_long = (history[-1].at - history[0].at).days >= WHOLE_DAYS
    moments = alt.Axis(format=SHOWN_DATE if is_long else SHOWN_MOMENT, tickCount=4, labelAngle=0)
    x = alt.X("at:T", title=word("quality.axis.evaluations"), axis=moments)
    y = alt.Y("value:Q", title=word("quality.axis.value"), axis=alt.Axis(format=".0%"))
    base = alt.Chart(alt.Data(values=rows), height=HEIGHT).encode(x=x)
    lines = _lines(base, y.scale(zero=False, nice=True), titles)
    ends = base.mark_rule(opacity=0.45).encode(
        y="low:Q", y2="high:Q", color=_kind(alt.Color, COLOURS, titles)
    )
    return finish(lines + ends)


def draw_days(days: Sequence[Day]) -> alt.Chart:
    """Lines by day: how much was asked, how much refused."""
    rows = [
        {
            "day": f"{one.day:%d.%m}",
            "kind": word(f"quality.parts.{kind}"),
            "value": getattr(one, kind),
            "said": f"{one.day:%d.%m.%Y}: {word(f'quality.parts.{kind}')} {getattr(one, kind)}",
        }
        for one in days
        for kind in ("asked", "refused")
    ]
    titles = [word("quality.parts.asked"), word("quality.parts.refused")]
    axis = alt.Axis(format="d", tickMinStep=1)
    y = alt.Y("value:Q", title=word("quality.axis.questions"), axis=axis)
    return finish(_lines(_by_day(rows), y, titles))


def draw_helped(days: Sequence[Day]) -> alt.Chart:
    """The share of «helped» among the opinions of each day that has any."""
    rows = [
        {
            "day": f"{one.day:%d.%m}",
            "value": one.helped.value if one.helped.total else None,
            "said": f"{one.day:%d.%m.%Y}: {said(one.helped)}",
        }
        for one in days
    ]
    axis = alt.Axis(format=".0%", tickCount=5)
    scale = alt.Scale(domain=[0, 1])
    base = _by_day(rows).encode(
        y=alt.Y("value:Q", title=word("quality.axis.helped"), axis=axis, scale=scale),
        tooltip=tooltip(),
    )
    return finish(base.mark_line(color=GREEN) + base.mark_point(filled=True, size=50, color=GREEN))


def _by_day(rows: list[dict[str, Any]]) -> alt.Chart:
    axis = alt.Axis(labelAngle=0, labelOverlap=True)
    x = alt.X("day:O", title=word("quality.axis.days"), sort=None, axis=axis)
    return alt.Chart(alt.Data(values=rows), height=HEIGHT).encode(x=x)


def _lines(base: alt.Chart, y: alt.Y, titles: Sequence[str]) -> Any:
    """A line for each title with points on it."""
    drawn = base.encode(y=y, color=_kind(alt.Color, COLOURS, titles), tooltip=tooltip())
    lines = drawn.mark_line().encode(strokeDash=_kind(alt.StrokeDash, DASHES, titles))
    points = drawn.mark_point(filled=True, size=60, opacity=1)
    return lines + points.encode(shape=_kind(alt.Shape, SHAPES, titles))


def _kind(channel: Any, values: Sequence[Any], titles: Sequence[str]) -> Any:
    """How one channel tells the titles apart; a dash would make the legend's signs ragged."""
    chosen = [values[n % len(values)] for n in range(len(titles))]
    scale = alt.Scale(domain=list(titles), range=chosen)
    return channel("kind:N", scale=scale, legend=legend(columns=1, symbolStrokeWidth=0))
