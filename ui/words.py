"""The pages' visible strings and how they are put on a page without being read as markup."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from coach.texts import look_up, read_texts

UI_TEXTS = Path(__file__).with_name("texts.yaml")
SHOWN_QUESTION_CHARS = 300
JOINER = "\u2060"
AUTOLINK = re.compile(r"https?|ftp|mailto|xmpp|www|\\@", re.IGNORECASE)


def word(key: str, /, **values: object) -> str:
    """Return a visible string of the pages."""
    return look_up(UI_TEXTS, key, values)


def words_list(*keys: str) -> list[str]:
    """Return a list of visible strings."""
    found: Any = read_texts(UI_TEXTS)
    for key in keys:
        found = found[key]
    return list(found)


def show(words: str, style: str, tag: str = "p", *, narrow: bool = False) -> None:
    """Put words on the page as they are: markup inside them stays text."""
    width: Any = "content" if narrow else "stretch"
    st.html(f'<{tag} class="coach-{style}">{html.escape(words)}</{tag}>', width=width)


def show_heading(words: str, views: tuple[str, ...], names: str, key: str) -> str:
    """The page's heading beside its views, one of which is chosen and returned."""
    with st.container(horizontal=True, gap="large", key=f"heading-{key}"):
        show(words, "title", "h1", narrow=True)
        return st.radio(
            words,
            views,
            format_func=lambda name: word(f"{names}.{name}"),
            key=key,
            horizontal=True,
            label_visibility="collapsed",
        )


def as_label(words: str) -> str:
    """Words as a label of a button, a fold or a hint, which would be read as Markdown.

    Signs are escaped; bare addresses, which are made links of even so, are broken by a joiner
    without width.
    """
    escaped = "".join(f"\\{char}" if char in r"\`*_{}[]()<>#+-.!|~$:@&" else char for char in words)
    return AUTOLINK.sub(rf"\g<0>{JOINER}", escaped)


def reader_zone() -> tzinfo:
    """The time zone of whoever looks at the page; UTC where the browser tells none."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def as_moment(at: datetime) -> str:
    """A moment, with its zone, as the reader's clock shows it."""
    return at.astimezone(reader_zone()).strftime("%d.%m.%Y %H:%M")


def as_day(day: date) -> str:
    """A day as people write it."""
    return f"{day:%d.%m.%Y}"


def show_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Put a table of words on the page as they are; the first column names its row."""
    head = "".join(f'<th scope="col">{html.escape(one)}</th>' for one in heads)
    body = ""
    for name, *cells in rows:
        values = "".join(f"<td>{html.escape(one)}</td>" for one in cells)
        body += f'<tr><th scope="row">{html.escape(name)}</th>{values}</tr>'
    st.html(
        f'<table class="coach-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    )


def as_percent(share: float) -> str:
    """A share as people read it: 0.973 is 97,3%."""
    return f"{100 * share:.1f}".replace(".", ",").removesuffix(",0") + "%"


def shorten_question(question: str) -> str:
    """A question as the page repeats it: one line, not longer than an eye takes in."""
    line = " ".join(question.split())
    if len(line) <= SHOWN_QUESTION_CHARS:
        return line
    return line[:SHOWN_QUESTION_CHARS] + "…"
