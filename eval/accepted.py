"""The accepted baseline: values of a run by metric and case, which later runs are held against."""

from __future__ import annotations

import json
from pathlib import Path

from eval.running import Run
from eval.summary import by_case

BASELINE = Path(__file__).with_name("baseline.json")


def read_baseline(path: Path = BASELINE) -> dict[str, dict[str, float]]:
    """The values of the accepted run by metric and case; empty where none was accepted."""
    if not path.exists():
        return {}
    found: dict[str, dict[str, float]] = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: {**dict.fromkeys(found["cases"][name], 1.0), **wrong}
        for name, wrong in found["below_one"].items()
    }


def write_baseline(run: Run, path: Path = BASELINE) -> None:
    """Accept a run: later ones are compared with it."""
    values = by_case(run)
    kept = {
        "cases": {name: list(cases) for name, cases in values.items()},
        "below_one": {
            name: {case: value for case, value in cases.items() if value < 1}
            for name, cases in values.items()
        },
    }
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
