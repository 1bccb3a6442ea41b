"""The reports of a run: JSON, JUnit XML, Markdown, and one self-contained HTML page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml

from coach.instruction.knowledge import Knowledge
from eval.alarms import KindAlarms, alarms_by_kind
from eval.peers import Peer
from eval.plots import (
    draw_confusion,
    draw_latency,
    draw_reliability,
    draw_robustness,
    draw_situations,
)
from eval.running import Result, Run
from eval.summary import Metric, Verdict
from eval.texts import word

SHOWN_CHARS = 300
SHOWN_FAILURES = 400
TEMPLATE = "report.html.j2"


@dataclass(frozen=True)
class Outcome:
    """A run with what was made of it: everything that a report shows."""

    run: Run
    metrics: Sequence[Metric]
    verdicts: Sequence[Verdict]
    changes: Sequence[Verdict]
    knowledge: Knowledge
    seconds: float
    model: str | None = None
    peers: Sequence[Peer] = field(default_factory=tuple)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def failed(self) -> list[str]:
        """The lines of everything that is not fine."""
        return [one.line for one in (*self.verdicts, *self.changes) if not one.is_fine]


def write_reports(outcome: Outcome, folder: Path, thresholds: Path) -> Path:
    """Write all reports into a folder; return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(
        json.dumps(as_json(outcome), ensure_ascii=False, indent=1), "utf-8", errors="replace"
    )
    ElementTree.ElementTree(as_junit(outcome)).write(
        folder / "junit.xml", encoding="utf-8", xml_declaration=True
    )
    (folder / "report.md").write_text(as_markdown(outcome), "utf-8")
    page = folder / "report.html"
    page.write_text(as_html(outcome, thresholds), "utf-8", errors="replace")
    return page


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The whole outcome as plain data."""
    return {
        "at": outcome.at.isoformat(timespec="seconds"),
        "knowledge_version": outcome.knowledge.version,
        "model": outcome.model,
        "seconds": round(outcome.seconds, 1),
        "is_fine": not outcome.failed,
        "failed": outcome.failed,
        "metrics": [asdict(one) for one in outcome.metrics],
        "alarms": [asdict(row) for row in alarms_by_kind(outcome.run)],
        "changes": [asdict(one) for one in outcome.changes],
        "peers": [asdict(one) for one in outcome.peers],
        "notes": outcome.run.notes,
        "cases": [
            {
                "id": one.case.id,
                "suite": one.case.suite,
                "damage": one.damage,
                "question": one.typed,
                "expected": list(one.case.expected),
                "shown": one.ranked if one.reply.answered else [],
                "refusal": one.reply.refusal,
                "danger": one.reply.danger,
                "scores": {name: asdict(score) for name, score in one.scores.items()},
            }
            for one in outcome.run.results
        ],
    }


def as_junit(outcome: Outcome) -> ElementTree.Element:
    """A JUnit test suite: a test for each threshold and each comparison."""
    checks = [*outcome.verdicts, *outcome.changes]
    bad = sum(not one.is_fine for one in checks)
    suite = ElementTree.Element(
        "testsuite", name="coach eval", tests=str(len(checks)), failures=str(bad)
    )
    for one in checks:
        case = ElementTree.SubElement(suite, "testcase", classname="coach.eval", name=one.name)
        if not one.is_fine:
            ElementTree.SubElement(case, "failure", message=one.line)
    return suite


def as_markdown(outcome: Outcome) -> str:
    """A summary for a pull request."""
    state = word("page.failed" if outcome.failed else "page.passed")
    lines = [f"## {word('page.title')}: {state}", "", _made(outcome), ""]
    lines += [f"- ✗ {line}" for line in outcome.failed]
    headings = ("metric", "value", "interval", "count")
    lines += [
        "",
        "| " + " | ".join(word(f"page.{name}") for name in headings) + " |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {one.title} | {one.value:.3f} | {one.low:.3f}–{one.high:.3f} | {one.count} |"
        for one in outcome.metrics
    ]
    alarms = alarms_by_kind(outcome.run)
    if alarms:
        lines += [
            "",
            f"### {word('page.alarms')}",
            "",
            _row(_alarm_headings()),
            "|---|---|---|---|",
        ]
        lines += map(_row, map(_alarm_cells, alarms))
    return "\n".join([*lines, *(f"\n- {one.line}" for one in outcome.changes)]) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _alarm_headings() -> list[str]:
    return [word(f"page.{name}") for name in ("kind", "alarm", "certain", "count")]


def _alarm_cells(row: KindAlarms) -> list[str]:
    shares = [
        with_interval(share.value, share.low, share.high) for share in (row.alarm, row.certain)
    ]
    return [f"{word(f'page.{row.suite}')}: {row.title}", *shares, str(row.alarm.count)]


def with_interval(value: float, low: float, high: float) -> str:
    """A share with its interval."""
    return f"{value:.3f} [{low:.3f}; {high:.3f}]"


def _made(outcome: Outcome) -> str:
    return word(
        "page.made",
        version=outcome.knowledge.version,
        cases=len(outcome.run.results),
        seconds=round(outcome.seconds),
        model=outcome.model or word("page.no_model"),
    )


def as_html(outcome: Outcome, thresholds: Path) -> str:
    """The page: figures, plots, every failed case with its evidence, the passages."""
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
    limits: dict[str, dict[str, Any]] = yaml.safe_load(thresholds.read_text(encoding="utf-8"))
    bad = {one.name for one in outcome.verdicts if not one.is_fine}
    passages = _passages(outcome.knowledge)
    return environment.get_template(TEMPLATE).render(
        w=word,
        made=_made(outcome),
        is_fine=not outcome.failed,
        failed=outcome.failed,
        metrics=outcome.metrics,
        fine={one.name: one.name not in bad for one in outcome.metrics},
        limits={name: _limit(limit) for name, limit in limits.items()},
        changes=outcome.changes,
        peers=[
            [peer.title, *(with_interval(*share) for share in peer.shares().values())]
            for peer in outcome.peers
        ],
        alarm_headings=_alarm_headings(),
        alarms=list(map(_alarm_cells, alarms_by_kind(outcome.run))),
        plots=_plots(outcome),
        failures=[
            _failure(one, outcome.knowledge) for one in outcome.run.results if not one.is_right
        ][:SHOWN_FAILURES],
        passages=passages,
        notes=outcome.run.notes,
    )


def _limit(limit: dict[str, Any]) -> str:
    return f"≥ {limit['at_least']}" if "at_least" in limit else f"≤ {limit['at_most']}"


def _plots(outcome: Outcome) -> list[tuple[str, Any]]:
    from markupsafe import Markup

    titles = {name: one.title for name, one in outcome.knowledge.situations.items()}
    plain = [one for one in outcome.run.results if not one.damage]
    singles = [one for one in plain if one.case.suite == "situations"]
    told = [one for one in plain if one.case.suite in ("situations", "not_answered")]
    plots: list[tuple[str, str]] = []
    if singles:
        plots += [(word("page.situations"), draw_situations(singles, titles))]
        plots += [(word("page.confusion"), draw_confusion(told))]
        plots += [(word("page.calibration"), draw_reliability(singles))]
    if plain:
        plots += [(word("page.latency"), draw_latency(plain))]
    if any(one.damage for one in outcome.run.results):
        plots += [(word("page.robustness"), draw_robustness(outcome.metrics))]
    return [(title, Markup(svg)) for title, svg in plots]  # our own drawings


def _passages(knowledge: Knowledge) -> list[dict[str, str]]:
    return [
        {
            "name": f"{one.document}-{one.start}",
            "title": one.section,
            "place": f"{one.document} [{one.start}:{one.end}]",
            "text": one.text,
        }
        for one in knowledge.passages
    ]


def _failure(one: Result, knowledge: Knowledge) -> dict[str, Any]:
    reply = one.reply
    got = ", ".join(f"{s.title} ({s.confidence:.2f})" for s in reply.situations)
    state = got if reply.answered else f"{reply.refusal or word('outcome.asked_back')} {got}"
    words = ", ".join(w for evidence in reply.evidence for w in evidence.words)
    near = "; ".join(f"«{q}»" for evidence in reply.evidence for q in evidence.questions[:1])
    turns = [turn[:SHOWN_CHARS] for turn in (*one.case.turns[:-1], one.typed)]
    return {
        "question": turns[-1],
        "turns": turns,
        "expected": ", ".join(one.case.expected) + (f" · {one.damage}" if one.damage else ""),
        "got": state,
        "why": [score.reason for score in one.scores.values() if score.value < 1],
        "evidence": f"{words} {near}",
        "links": [
            (f"{passage.document}-{passage.start}", f"[{citation.number}]")
            for citation in reply.citations
            for passage in knowledge.passages
            if passage.document == citation.document
            and passage.start <= citation.start < passage.end
        ],
    }
