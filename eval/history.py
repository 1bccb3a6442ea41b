"""The history of whole runs: one line each in `history.jsonl`, which the page «Качество» reads."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from coach.quality.evaluations import HISTORY
from eval.reports import Outcome
from eval.running import Run

COUNTED = {"situations": "situation", "not_answered": "abstention"}  # suite: what is right in it


def append_history(outcome: Outcome, folder: Path) -> None:
    """Add a run to the history of a reports folder; a line cut off before it stays apart."""
    path = folder / HISTORY
    line = json.dumps(as_line(outcome), ensure_ascii=False) + "\n"
    is_cut = path.exists() and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" + line if is_cut else line)


def as_line(outcome: Outcome) -> dict[str, Any]:
    """What the history keeps of a run."""
    return {
        "at": outcome.at.isoformat(timespec="seconds"),
        "knowledge_version": outcome.knowledge.version,
        "is_fine": not outcome.failed,
        "metrics": [{**asdict(one), "title": one.title} for one in outcome.metrics],
        "situations": count_right(outcome.run),
    }


def count_right(run: Run) -> dict[str, dict[str, int]]:
    """How many clean questions of each situation were right, `none` being «not answered»."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for one in run.results:
        if one.case.suite in COUNTED and not one.damage:
            (name,) = one.case.expected
            total[name] += 1
            right[name] += one.scores[COUNTED[one.case.suite]].value >= 1
    return {name: {"right": right[name], "total": total[name]} for name in sorted(total)}
