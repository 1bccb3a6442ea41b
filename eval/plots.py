"""Plots of a run as inline SVG, so that the report is one file."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from coach.instruction.questions import NOT_ANSWERED
from coach.quality.evaluations import wilson_interval
from eval.metrics import reliability
from eval.running import Result
from eval.summary import Metric
from eval.texts import word

INK, BAD = "#1f6f43", "#b3261e"
REFUSED = "—"


def draw(paint: Callable[[Any], None], width: float, height: float) -> str:
    """Return what `paint` draws on an axes as SVG text of so many inches."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.fonttype"] = "none"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(width, height), layout="constrained")
    paint(axes)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    pyplot.close(figure)
    svg = buffer.getvalue()
    return svg[svg.index("<svg") :]


def draw_situations(results: Sequence[Result], titles: dict[str, str]) -> str:
    """Bars of right first cards by situation, with their 95% intervals."""
    names = sorted({one.case.expected[0] for one in results})
    values = [
        [one.scores["situation"].value for one in results if one.case.expected[0] == name]
        for name in names
    ]
    means = [float(np.mean(scores)) for scores in values]
    ends = [wilson_interval(mean, len(scores)) for mean, scores in zip(means, values, strict=True)]
    errors = _errors(means, ends)

    def paint(axes: Any) -> None:
        axes.barh([titles[n] for n in names], means, xerr=errors, color=INK)
        axes.set_xlim(0, 1.02)
        axes.invert_yaxis()

    return draw(paint, 9, 0.4 * len(names) + 0.8)


def _errors(means: Sequence[float], ends: Sequence[tuple[float, float]]) -> np.ndarray:
    """How far each interval reaches to the left and to the right of its mean."""
    return np.array([[m - low, high - m] for m, (low, high) in zip(means, ends, strict=True)]).T


def draw_confusion(results: Sequence[Result]) -> str:
    """What was meant (rows) and what was shown (columns)."""
    counts: Counter[tuple[str, str]] = Counter()
    for one in results:
        shown = one.ranked[0] if one.reply.answered else REFUSED
        counts[one.case.expected[0], shown] += 1
    rows = sorted({row for row, _ in counts} - {NOT_ANSWERED})
    rows += [NOT_ANSWERED] if any(row == NOT_ANSWERED for row, _ in counts) else []
    columns = [*sorted({column for _, column in counts} - {REFUSED}), REFUSED]
    table = np.array([[counts[row, column] for column in columns] for row in rows])

    def paint(axes: Any) -> None:
        axes.imshow(table > 0, cmap="Greens", vmin=0, vmax=2, aspect="auto")
        axes.set_xticks(range(len(columns)), columns, rotation=45, ha="right")
        axes.set_yticks(range(len(rows)), rows)
        for (y, x), count in np.ndenumerate(table):
            if count:
                is_right = rows[y] == columns[x] or (
                    rows[y] == NOT_ANSWERED and columns[x] == REFUSED
                )
                axes.text(x, y, count, ha="center", va="center", color=INK if is_right else BAD)

    return draw(paint, 9, 0.36 * len(rows) + 1.6)


def draw_reliability(results: Sequence[Result]) -> str:
    """Confidence against accuracy of the likeliest situation."""
    sure = [one for one in results if one.ranked]
    bins = reliability(
        [max(s.confidence for s in one.reply.situations) for one in sure],
        [one.ranked[0] in one.case.expected for one in sure],
    )

    def paint(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color="#999", linewidth=1, linestyle="--")
        sizes = [20 + 2 * one.count for one in bins]
        axes.scatter([o.confidence for o in bins], [o.accuracy for o in bins], s=sizes, color=INK)
        axes.set_xlim(0, 1.05)
        axes.set_ylim(0, 1.05)

    return draw(paint, 4.4, 4)


def draw_latency(results: Sequence[Result]) -> str:
    """A histogram of the time to a card."""
    times = [one.elapsed_ms for one in results]

    def paint(axes: Any) -> None:
        axes.hist(times, bins=np.linspace(0, float(np.percentile(times, 99)) + 1, 40), color=INK)

    return draw(paint, 4.4, 4)


def draw_robustness(metrics: Sequence[Metric]) -> str:
    """What stays right under each perturbation."""
    own = [one for one in metrics if one.name.startswith("robustness:")]

    def paint(axes: Any) -> None:
        names = [word(f"damage.{one.name.partition(':')[2]}") for one in own]
        means = [one.value for one in own]
        errors = _errors(means, [(one.low, one.high) for one in own])
        axes.barh(names, means, xerr=errors, color=INK)
        axes.set_xlim(min(0.8, *(one.low for one in own)), 1.01)
        axes.invert_yaxis()

    return draw(paint, 9, 0.4 * len(own) + 0.8) if own else word("page.no_model")
