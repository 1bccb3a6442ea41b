"""The figures as one tidy table, for other programs (CSV) and for people (Markdown)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from itertools import groupby

from coach.quality.answers import Quality
from coach.quality.evaluations import Share, trend
from coach.texts import text

PLACES = 4
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Row:
    """One figure: its section, whose it is, what it measures, out of how many, 95% interval."""

    section: str
    name: str
    measure: str
    value: float
    count: int
    low: float | None = None
    high: float | None = None


def as_rows(quality: Quality, titles: Mapping[str, str], chosen: Sequence[str]) -> list[Row]:
    """All figures; `titles` name the situations, `chosen` the metrics whose trend is wanted."""
    return [
        *_evaluation(quality, titles),
        *_trend(quality, chosen),
        *_answers(quality, titles),
        *_agreement(quality, titles),
    ]


def _evaluation(quality: Quality, titles: Mapping[str, str]) -> Iterator[Row]:
    last = quality.last
    if last is None:
        return
    yield Row("evaluation", last.version, "passed", float(last.is_fine), 1)
    for one in last.metrics:
        yield Row("metrics", one.title, "value", one.value, one.count, one.low, one.high)
    for name, share in last.situations.items():
        yield _share("situations", titles.get(name, name), "right", share)


def _trend(quality: Quality, chosen: Sequence[str]) -> Iterator[Row]:
    for name in chosen:
        for at, one in trend(quality.history, name):
            yield Row("trend", one.title, at.isoformat(), one.value, one.count, one.low, one.high)


def _answers(quality: Quality, titles: Mapping[str, str]) -> Iterator[Row]:
    for one in quality.coverage:
        for measure in ("shown", "unsure", "refused"):
            title, total = titles.get(one.situation, one.situation), one.asked + one.refused
            yield Row("coverage", title, measure, getattr(one, measure), total)
    for name, kinds in quality.opinions.items():
        for kind, count in kinds.items():
            title, total = titles.get(name, name), sum(kinds.values())
            yield Row("opinions", title, kind, count, total)
    for day in quality.days:
        yield Row("days", day.day.isoformat(), "asked", day.asked, day.asked)
        yield Row("days", day.day.isoformat(), "refused", day.refused, day.asked)
        yield _share("days", day.day.isoformat(), "helped", day.helped)


def _agreement(quality: Quality, titles: Mapping[str, str]) -> Iterator[Row]:
    for one in quality.agreement:
        title = titles.get(one.situation, one.situation)
        yield _share("agreement", title, "trainers", one.trainers)
        yield _share("agreement", title, "evaluation", one.evaluation)
    shared = quality.shared
    if shared.agreed.total:
        yield _share("shared", "", "agreed", shared.agreed)
    if shared.kappa is not None:
        yield Row("shared", "", "kappa", shared.kappa, shared.agreed.total)


def _share(section: str, name: str, measure: str, share: Share) -> Row:
    return Row(section, name, measure, share.value, share.total, *share.interval)


def as_csv(rows: Iterable[Row]) -> bytes:
    """The table as a Russian spreadsheet opens it; its words are the same in every language."""
    file = io.StringIO()
    table = csv.writer(file, delimiter=";")
    table.writerow(one.name for one in fields(Row))
    table.writerows(map(_inert, astuple(row)) for row in rows)
    return file.getvalue().encode("utf-8-sig")


def as_markdown(rows: Iterable[Row]) -> str:
    """The table for people, a heading for each section."""
    lines = [f"# {text('quality.heading')}"]
    columns = [text(f"quality.columns.{one.name}") for one in fields(Row)[1:]]
    for section, own in groupby(rows, lambda row: row.section):
        lines += ["", f"## {text(f'quality.sections.{section}')}", ""]
        lines += [_line(columns), _line(["---"] * len(columns))]
        for row in own:
            is_moment = section == "trend"
            measure = row.measure if is_moment else text(f"quality.measures.{row.measure}")
            cells = (row.name, measure, row.value, row.count, row.low, row.high)
            lines.append(_line(map(_cell, cells)))
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(one.replace("|", "\\|") for one in cells) + " |"


def _inert(value: object) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    cell = _cell(value)
    return f"'{cell}" if isinstance(value, str) and cell.startswith(FORMULA_SIGNS) else cell


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.{PLACES}f}".rstrip("0").rstrip(".").replace(".", ",")
    return "" if value is None else str(value)
