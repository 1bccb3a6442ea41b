"""Two variants in one run, paired: git revisions of the knowledge, folders, or settings."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coach import build_coach, build_index
from coach.assembly import report_nothing, show_progress
from coach.errors import CoachError
from coach.instruction.provenance import read_repairs
from coach.settings import PROJECT_FOLDER, Settings
from eval.gold import read_gold
from eval.running import Run, Selection, run_cases
from eval.summary import by_case, compare, summarise
from eval.texts import word


def compare_variants(
    names: Sequence[str], settings: Settings, gold: Path, selection: Selection
) -> int:
    """Run both variants, print what is surely better or worse of the second; 1 when worse."""
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(names):
            variant = _resolve(name, settings, Path(folder) / str(number))
            runs.append(_run(variant, gold, selection))
            for one in summarise(runs[-1]):
                print(f"{name:<20} {one.title:<46} {one.value:.3f} n={one.count}")
    verdicts = compare(by_case(runs[0]), by_case(runs[1]))
    print("\n".join([one.line for one in verdicts] or [word("console.nothing_moved")]))
    return int(any(not one.is_fine for one in verdicts))


def _run(settings: Settings, gold: Path, selection: Selection) -> Run:
    build_index(settings, report=report_nothing)
    coach = build_coach(settings, report=report_nothing)
    repairs = read_repairs(settings.knowledge / "repairs.yaml")
    return run_cases(coach, read_gold(gold, coach.knowledge), selection, repairs, show_progress)


def _resolve(name: str, settings: Settings, folder: Path) -> Settings:
    """The settings of a variant, with an index of its own that shares the word vectors."""
    folder.mkdir(parents=True)
    index = folder / "index"
    index.mkdir()
    (settings.index / "embedders").mkdir(parents=True, exist_ok=True)
    (index / "embedders").symlink_to(settings.index / "embedders")
    change: dict[str, Any] = {"index": index}
    if "=" in name:
        pairs = (pair.split("=", 1) for pair in name.split(","))
        change |= {key.lower().removeprefix("coach_"): value for key, value in pairs}
        return Settings(**(settings.model_dump() | change))
    if Path(name).is_dir():
        return settings.model_copy(update=change | {"knowledge": Path(name).absolute()})
    return settings.model_copy(update=change | {"knowledge": _check_out(name, folder)})


def _check_out(revision: str, folder: Path) -> Path:
    """The knowledge folder of a git revision."""
    command = ["git", "archive", "--format=tar", revision, "knowledge"]
    done = subprocess.run(command, cwd=PROJECT_FOLDER, capture_output=True, check=False)
    if done.returncode:
        fault = done.stderr.decode(errors="replace").strip()
        raise CoachError(word("console.bad_revision", name=revision, fault=fault))
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "knowledge"
