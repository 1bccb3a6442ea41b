"""Charts by situation: the numbers stand in words above each bar, so they fit on a phone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from coach.archive.needs import HELPED, MISSING, NOT_HELPED, WRONG
from coach.quality.answers import Coverage, SituationAgreement
from coach.quality.evaluations import Evaluation, Share
from ui.charts import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    count_words,
    finish,
    ink,
    legend,
    said,
    share_axis,
    tooltip,
)
from ui.words import word

Titles = Mapping[str, str]
Part = tuple[str, str, str]  # what is counted, its sign, its colour

COVERAGE: tuple[Part, ...] = (
    ("shown", "✓", GREEN),
    ("unsure", "?", ORANGE),
    ("refused", "✕", PURPLE),
)
OPINIONS: tuple[Part, ...] = (
    (HELPED, "✓", GREEN),
    (NOT_HELPED, "✕", ORANGE),
    (WRONG, "⇄", BLUE),
    (MISSING, "∅", PURPLE),
)
SIDES = (("trainers", "●", GREEN, "circle"), ("evaluation", "■", ORANGE, "square"))
BAND, INNER, BAR, LINE, APART = 60, 0.3, 13, 16, 8


def draw_evaluation(last: Evaluation, titles: Titles) -> alt.Chart:
    """Bars of the share of right answers by situation, with its interval."""
    worst_first = sorted(last.situations.items(), key=lambda one: one[1].value)
    rows = [
        _share_row(f"{titles.get(name, name)}\n{count_words(share)}", share)
        for name, share in worst_first
    ]
    base = _by_line(rows).encode(x=share_axis(word("quality.axis.right")), tooltip=tooltip())
    bars = base.mark_bar(color=GREEN, height=BAR, opacity=0.6)
    ends = base.mark_rule(color=ink() or GREY, strokeWidth=2).encode(x="low:Q", x2="high:Q")
    return finish(bars + ends)


def draw_coverage(coverage: Sequence[Coverage], titles: Titles) -> alt.Chart:
    """Bars of what was asked by situation: shown, asked back, refused."""
    counts = {
        titles.get(one.situation, one.situation): {
            kind: getattr(one, kind) for kind, *_ in COVERAGE
        }
        for one in coverage
        if one.asked + one.refused
    }
    return _draw_counts(counts, COVERAGE, word("quality.axis.questions"))


def draw_opinions(opinions: Mapping[str, Mapping[str, int]], titles: Titles) -> alt.Chart:
    """Bars of the operators' opinions by situation."""
    counts = {titles.get(name, name): kinds for name, kinds in opinions.items()}
    return _draw_counts(counts, OPINIONS, word("quality.axis.opinions"))


def _draw_counts(
    counts: Mapping[str, Mapping[str, int]], parts: Sequence[Part], axis: str
) -> alt.Chart:
    named = {kind: f"{sign} {word(f'quality.parts.{kind}')}" for kind, sign, _ in parts}
    rows = []
    for title, kinds in counts.items():
        signs = "  ".join(f"{sign} {kinds[kind]}" for kind, sign, _ in parts if kinds[kind])
        rows += [
            {
                "line": f"{title}\n{signs}",
                "kind": named[kind],
                "place": place,
                "count": kinds[kind],
                "said": f"{named[kind]}: {kinds[kind]}",
            }
            for place, (kind, *_) in enumerate(parts)
        ]
    scale = alt.Scale(domain=list(named.values()), range=[colour for *_, colour in parts])
    bars = (
        _by_line(rows)
        .mark_bar(height=BAR)
        .encode(
            x=alt.X("count:Q", title=axis, axis=alt.Axis(format="d", tickMinStep=1)),
            color=alt.Color("kind:N", scale=scale, legend=legend(columns=2)),
            order="place:O",
            tooltip=tooltip(),
        )
    )
    return finish(bars)


def draw_agreement(agreement: Sequence[SituationAgreement], titles: Titles) -> alt.Chart:
    """Points by situation: the trainers' share and the evaluation's, each with its interval."""
    names = [f"{sign} {word(f'quality.parts.{side}')}" for side, sign, *_ in SIDES]

    def scale(values: Sequence[Any]) -> alt.Scale:
        return alt.Scale(domain=names, range=list(values))

    middle = BAND * (1 - INNER) / 2
    base = _by_line([row for one in agreement for row in _side_rows(one, titles)]).encode(
        color=alt.Color("kind:N", scale=scale([one[2] for one in SIDES]), legend=legend()),
        yOffset=alt.YOffset("kind:N", scale=scale([middle - APART / 2, middle + APART / 2])),
        tooltip=tooltip(),
    )
    low = share_axis(word("quality.axis.right"), "low")
    shape = alt.Shape("kind:N", scale=scale([one[3] for one in SIDES]))
    rules = base.mark_rule(strokeWidth=2).encode(x=low, x2="high:Q")
    points = base.mark_point(filled=True, size=90, opacity=1).encode(x="value:Q", shape=shape)
    return finish(rules + points)


def _side_rows(one: SituationAgreement, titles: Titles) -> list[dict[str, Any]]:
    shares: dict[str, Share] = {side: getattr(one, side) for side, *_ in SIDES}
    known = [(side, sign, shares[side]) for side, sign, *_ in SIDES if shares[side].total]
    signs = "  ".join(f"{sign} {count_words(share)}" for _, sign, share in known)
    line = f"{titles.get(one.situation, one.situation)}\n{signs}"
    return [
        _share_row(line, share, f"{sign} {word(f'quality.parts.{side}')}")
        for side, sign, share in known
    ]


def _share_row(line: str, share: Share, kind: str = "") -> dict[str, Any]:
    low, high = share.interval
    said_so = f"{kind}: {said(share)}" if kind else said(share)
    return {
        "line": line,
        "kind": kind,
        "value": share.value,
        "low": low,
        "high": high,
        "said": said_so,
    }


def _by_line(rows: list[dict[str, Any]]) -> alt.Chart:
    """A band for each text, which stands above its bar in two lines: it fits on a phone."""
    axis = alt.Axis(
        labelAlign="left",
        labelBaseline="bottom",
        labelExpr="split(datum.label, '\\n')",
        labelFontSize=13,
        labelLimit=0,
        labelLineHeight=LINE,
        labelOffset=-BAR // 2 - 1 - LINE,
        labelOverlap=False,
        labelPadding=0,
    )
    scale = alt.Scale(paddingInner=INNER, paddingOuter=0.4)
    y = alt.Y("line:N", title=None, sort=None, axis=axis, scale=scale)
    height = alt.Step(BAND, **{"for": "position"})
    return alt.Chart(alt.Data(values=rows), height=height).encode(y=y)
