"""The command `coach eval`: run the cases, hold them against thresholds and baseline, report.

Exit status: 0 all is fine, 1 below a threshold or worse than the accepted baseline, 2 could not
run.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from coach import build_coach, build_index, load_settings
from coach.assembly import show_progress
from coach.coaching import Coach
from coach.errors import CoachError
from coach.index.embeddings import STATIC
from coach.instruction.provenance import read_repairs
from coach.settings import PROJECT_FOLDER, Settings
from eval.accepted import BASELINE, read_baseline, write_baseline
from eval.comparison import compare_variants
from eval.gold import GoldSet, read_gold
from eval.history import append_history
from eval.judge import judge_run
from eval.peers import Peer, latency_ratio, measure_peers
from eval.plain_chain import ENCODER, find_encoder
from eval.reports import Outcome, with_interval, write_reports
from eval.running import SUITES, Run, Selection, run_cases, run_measures
from eval.skeleton import write_skeleton
from eval.summary import (
    LATENCY_RATIO,
    THRESHOLDS,
    by_case,
    check_thresholds,
    compare,
    summarise,
)
from eval.texts import word

PASSED, FAILED, COULD_NOT = 0, 1, 2
EXTERNAL = PROJECT_FOLDER.parent / "shared" / "external" / "xquad-ru-first-half.json"

Opener = Callable[[Settings], Coach]


def main(arguments: list[str] | None = None, open_coach: Opener | None = None) -> int:
    """Run the command; `open_coach` opens what is evaluated, by default the settings' own coach."""
    options = _parser().parse_args(arguments)
    try:
        settings = _settings(options)
        options.gold = options.gold or settings.gold
        if options.new:
            path = write_skeleton(settings.knowledge, options.gold)
            print(word("console.skeleton", path=path, file=path / "questions.jsonl"))
            return PASSED
        if options.compare:
            return compare_variants(options.compare, settings, options.gold, _selection(options))
        return _evaluate(options, settings, open_coach or _open)
    except CoachError as error:
        print(word("console.cannot", fault=error), file=sys.stderr)
        return COULD_NOT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="coach eval", description=__doc__)
    parser.add_argument("new", nargs="?", choices=["new"], help="write a skeleton of a gold set")
    parser.add_argument("--only", help=f"comma-separated suites: {', '.join(SUITES)}")
    parser.add_argument("--situation", default="", help="only the cases of this situation")
    parser.add_argument("--model", action="store_true", help="with the model that COACH_LLM names")
    parser.add_argument("--judge", type=int, metavar="N", help="let the model grade, N votes each")
    parser.add_argument(
        "--compare",
        nargs=2,
        metavar=("A", "B"),
        help="two git revisions, knowledge folders, or settings NAME=VALUE,…",
    )
    parser.add_argument("--repeat", type=int, default=1, help="run so often, report what differs")
    parser.add_argument("--accept", action="store_true", help="make this run the baseline")
    parser.add_argument("--knowledge", type=Path, help="another knowledge folder")
    parser.add_argument("--gold", type=Path, help="another gold folder (COACH_GOLD)")
    parser.add_argument("--reports", type=Path, help="where the reports go (COACH_REPORTS)")
    parser.add_argument("--baseline", type=Path, default=BASELINE, help="another baseline file")
    parser.add_argument("--thresholds", type=Path, default=THRESHOLDS, help="other thresholds")
    parser.add_argument("--fast", action="store_true", help="no peers, proof, masking or search")
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    settings = load_settings()
    change: dict[str, object] = {} if options.model else {"llm": ""}
    if options.knowledge:
        change["knowledge"] = options.knowledge.absolute()
    return settings.model_copy(update=change)


def _selection(options: argparse.Namespace) -> Selection:
    suites = tuple(one.strip() for one in (options.only or "").split(",") if one.strip())
    return Selection(suites, options.situation)


def _open(settings: Settings) -> Coach:
    build_index(settings)
    return build_coach(settings)


def _evaluate(options: argparse.Namespace, settings: Settings, open_coach: Opener) -> int:
    started = time.perf_counter()
    judge = load_settings()
    if options.judge and not judge.llm:
        raise CoachError(word("console.no_judge"))
    coach = open_coach(settings)
    gold = read_gold(options.gold, coach.knowledge)
    if not gold.cases:
        raise CoachError(word("console.empty_gold", path=options.gold))
    selection = _selection(options)
    is_whole = not (selection.suites or selection.situation) and not options.fast
    missing = word("console.no_encoder", name=ENCODER)
    if is_whole and not find_encoder():
        print(missing, file=sys.stderr)
    run = _run(coach, gold, selection, settings, options.repeat)
    if not run.results:
        raise CoachError(word("console.no_cases"))
    peers: list[Peer] = []
    if is_whole:
        with _keeping(run):
            run_measures(coach, run, EXTERNAL)
        with _keeping(run):
            document = next(iter(coach.knowledge.documents.values()))
            encoder = "" if settings.embedder == STATIC else settings.embedder
            peers = measure_peers(run.results, gold, document, encoder)
    skipped = []
    if is_whole and not find_encoder():
        skipped = [LATENCY_RATIO]
        run.notes.append(missing)
    if options.judge:
        with _keeping(run):
            run.notes.append(judge_run(run, gold, judge, options.judge))
    metrics = summarise(run, latency_ratio(peers))
    verdicts = check_thresholds(metrics, options.thresholds, is_whole=is_whole, skipped=skipped)
    before = read_baseline(options.baseline)
    changes = compare(before, by_case(run)) if before else []
    outcome = Outcome(
        run,
        metrics,
        verdicts,
        changes,
        coach.knowledge,
        time.perf_counter() - started,
        coach.model,
        peers,
    )
    reports = options.reports or settings.reports
    page = write_reports(outcome, reports, options.thresholds)
    if is_whole:
        append_history(outcome, reports)
    _print_outcome(outcome, page)
    if options.accept:
        write_baseline(run, options.baseline)
        moved = [one.line for one in changes] or [word("console.nothing_moved")]
        print("\n".join([word("console.moved"), *moved]))
        print(word("console.accepted", path=options.baseline))
        return FAILED if any(not one.is_fine for one in verdicts) else PASSED
    return FAILED if outcome.failed else PASSED


@contextmanager
def _keeping(run: Run) -> Iterator[None]:
    """Note what one measure failed of: minutes of others are not lost with it."""
    try:
        yield
    except Exception as error:
        run.notes.append(word("console.not_measured", fault=f"{type(error).__name__}: {error}"))


def _run(coach: Coach, gold: GoldSet, selection: Selection, settings: Settings, repeat: int) -> Run:
    repairs = read_repairs(settings.knowledge / "repairs.yaml")
    runs = [
        run_cases(coach, gold, selection, repairs, show_progress) for _ in range(max(1, repeat))
    ]
    if repeat > 1:
        said = [[replace(one.reply, elapsed_ms=0.0) for one in run.results] for run in runs]
        changed = sum(
            len({str(reply) for reply in replies}) > 1 for replies in zip(*said, strict=True)
        )
        key = "console.unstable" if changed else "console.stable"
        runs[0].notes.append(word(key, count=repeat, changed=changed))
    return runs[0]


def _print_outcome(outcome: Outcome, page: Path) -> None:
    print(
        word(
            "console.heading",
            cases=len(outcome.run.results),
            version=outcome.knowledge.version,
            seconds=round(outcome.seconds),
        )
    )
    for one in outcome.metrics:
        value, low, high = f"{one.value:.3f}", f"{one.low:.3f}", f"{one.high:.3f}"
        line = word(
            "console.metric", title=one.title, value=value, low=low, high=high, count=one.count
        )
        print(line)
    for peer in outcome.peers:
        shares = {name: with_interval(*share) for name, share in peer.shares().items()}
        print(word("console.peer", title=peer.title, p95=f"{peer.p95_ms:.1f}", **shares))
    for line in [*outcome.run.notes, *(one.line for one in outcome.changes)]:
        print(line)
    print(word("console.written", path=os.path.relpath(page)))
    if outcome.failed:
        print("\n".join([word("console.failed"), *(f"✗ {line}" for line in outcome.failed)]))
    else:
        print(word("console.passed"))
