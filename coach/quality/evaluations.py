"""The evaluation's reports: its history and its last report.

They are read as data, whatever wrote them; what is damaged in them is passed over.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import NormalDist
from typing import Any

from coach.language.lemmas import fold

HISTORY, REPORT, REPORT_PAGE = "history.jsonl", "report.json", "report.html"
UNCERTAINTY = 0.05
WITH_CONTEXT = "conversations"  # the suite whose questions mean nothing alone
DAMAGED = (ValueError, KeyError, TypeError, AttributeError, OverflowError)


@dataclass(frozen=True)
class Share:
    """So many right of so many."""

    right: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.right <= self.total:
            raise ValueError(f"{self.right} of {self.total}")

    @property
    def value(self) -> float:
        """The share, 0..1; 0 of nothing."""
        return self.right / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval of the share; anything is possible of nothing."""
        return wilson_interval(self.value, self.total)


def wilson_interval(share: float, count: int) -> tuple[float, float]:
    """The 95% score interval of a share (Wilson 1927): it never leaves 0..1.

    A mean of values between 0 and 1 varies at most as much as a share of the same size, so that
    its interval is never too narrow.
    """
    if not count:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(1 - UNCERTAINTY / 2)
    widened = 1 + z * z / count
    middle = (share + z * z / (2 * count)) / widened
    half = z / widened * math.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


@dataclass(frozen=True)
class Figure:
    """A metric of an evaluation with its 95% interval and the number of cases."""

    name: str
    title: str
    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Evaluation:
    """A whole run of the evaluation, as its history keeps it."""

    at: datetime
    version: str
    is_fine: bool
    metrics: tuple[Figure, ...]
    situations: Mapping[str, Share]


@dataclass(frozen=True)
class Report:
    """The last report, be it of a whole run or of a part: what failed, and each question's case."""

    at: datetime
    version: str
    failed: tuple[str, ...]
    is_right: Mapping[str, bool]


def read_history(folder: Path) -> tuple[Evaluation, ...]:
    """The whole evaluations of a reports folder, oldest first."""
    found = map(_read_evaluation, _read_text(folder / HISTORY).split("\n"))
    return tuple(sorted(filter(None, found), key=lambda one: one.at))


def read_report(folder: Path) -> Report | None:
    """The last report of a folder, or None."""
    try:
        row = json.loads(_read_text(folder / REPORT))
        is_right: dict[str, bool] = {}
        for case in row["cases"]:
            if not case["damage"] and case["suite"] != WITH_CONTEXT:
                right = all(score["value"] >= 1 for score in case["scores"].values())
                question = question_key(case["question"])
                is_right[question] = right and is_right.get(question, True)
        failed = tuple(map(str, row["failed"]))
        return Report(_moment(row["at"]), str(row["knowledge_version"]), failed, is_right)
    except DAMAGED:
        return None


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _read_evaluation(line: str) -> Evaluation | None:
    try:
        row = json.loads(line)
        return Evaluation(
            _moment(row["at"]),
            str(row["knowledge_version"]),
            bool(row["is_fine"]),
            tuple(map(_read_figure, row["metrics"])),
            {str(k): Share(int(v["right"]), int(v["total"])) for k, v in row["situations"].items()},
        )
    except DAMAGED:
        return None


def _read_figure(row: dict[str, Any]) -> Figure:
    value, low, high = (float(row[name]) for name in ("value", "low", "high"))
    if not all(map(math.isfinite, (value, low, high))):
        raise ValueError(row["name"])
    return Figure(str(row["name"]), str(row["title"]), value, low, high, int(row["count"]))


def _moment(words: str) -> datetime:
    found = datetime.fromisoformat(words)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def question_key(question: str) -> str:
    """The form in which questions are the same: case, «ё» and spaces do not count."""
    return " ".join(fold(question).split())


def trend(history: Sequence[Evaluation], name: str) -> list[tuple[datetime, Figure]]:
    """A metric over time: the moments of the evaluations that have it, oldest first."""
    return [(one.at, metric) for one in history for metric in one.metrics if metric.name == name]
