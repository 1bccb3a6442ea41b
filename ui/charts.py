"""What all charts share: their colours and words; a colour is never the only sign."""

from __future__ import annotations

from typing import Any

import altair as alt
import streamlit as st

from coach.quality.evaluations import Share
from ui.words import as_percent, word

GREEN, ORANGE, BLUE, PURPLE, GREY = "#0a9b72", "#c77700", "#3b82d6", "#9068be", "#8a8f98"
INKS = {"light": "#31333f", "dark": "#fafafa"}


def said(share: Share) -> str:
    """A share in words: percent, interval, and of how many."""
    low, high = share.interval
    return word(
        "quality.share",
        value=as_percent(share.value),
        low=as_percent(low),
        high=as_percent(high),
        count=share.total,
    )


def count_words(share: Share) -> str:
    """A share as people count: so many of so many."""
    return word("quality.of", right=share.right, total=share.total)


def share_axis(title: str, field: str = "value") -> alt.X:
    """The axis of a share, 0 to 100%."""
    axis = alt.Axis(format=".0%", tickCount=5)
    return alt.X(f"{field}:Q", title=title, axis=axis, scale=alt.Scale(domain=[0, 1]))


def legend(columns: int = 2, **more: Any) -> alt.Legend:
    """A legend above the chart: beside it there is no room on a phone."""
    return alt.Legend(orient="top", title=None, columns=columns, labelLimit=0, **more)


def tooltip() -> list[alt.Tooltip]:
    """What is said of the mark under the pointer."""
    return [alt.Tooltip("said:N", title=word("quality.parts.figure"))]


def finish(chart: Any) -> Any:
    """Words in the ink of the page: the usual grey is too faint to read."""
    colour = ink() or alt.Undefined
    words = chart.configure_axis(labelColor=colour, titleColor=colour)
    return words.configure_legend(labelColor=colour)


def ink() -> str:
    """The colour of the page's words, empty where it is not known."""
    return INKS.get(st.context.theme.type or "", "")
