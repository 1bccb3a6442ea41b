"""How well the coach understands an author whose questions it never learned from.

python -m eval.generalisation                     leave one author out, each in turn
python -m eval.generalisation --train A --test B  learn from A alone, ask what B wrote
python -m eval.generalisation --cases             ask the cases of eval/data, learn from all
python -m eval.generalisation --damage layout     the same questions, damaged
python -m eval.generalisation --report FILE       confusion, calibration and the worst errors
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from coach import build_coach, build_index, load_settings
from coach.assembly import report_nothing
from coach.instruction.knowledge import load_knowledge
from coach.instruction.questions import FOLLOW_UP, BankQuestion
from coach.settings import Settings
from eval.cases import Asked, read_questions
from eval.generalisation_report import write_report
from eval.metrics import expected_calibration_error, share
from eval.perturbations import PERTURBATIONS, perturb

SEED = 1
CLEAN = "clean"
PROCESSES = 2


@dataclass(frozen=True)
class Shares:
    """Shares (0..1) of one-situation, not-answered and two-situation questions.

    `sprouted` counts one-situation questions that got a second card, `calibration` is the expected
    calibration error of the likeliest situation's confidence.
    """

    first_right: float
    shown_right: float
    shown_or_offered: float
    shown_wrong: float
    refused: float
    not_answered_kept: float
    both_right: float
    sprouted: float
    calibration: float

    def __str__(self) -> str:
        return " ".join(f"{value:>8.3f}" for value in vars(self).values())


HEADINGS = (
    "first",
    "shown",
    "offered",
    "wrong",
    "refused",
    "none ok",
    "both",
    "sprouted",
    "ece",
)


def main() -> int:
    """Print one line per author and the average, for each kind of damage."""
    parser = argparse.ArgumentParser(prog="python -m eval.generalisation", description=__doc__)
    parser.add_argument("--train", help="comma-separated authors to learn from")
    parser.add_argument("--test", help="comma-separated authors to ask")
    parser.add_argument("--cases", action="store_true", help="ask the cases of eval/data")
    parser.add_argument(
        "--damage",
        nargs="+",
        default=[CLEAN],
        choices=[CLEAN, *sorted(PERTURBATIONS)],
        help="how to damage the questions, one run for all",
    )
    parser.add_argument("--report", type=Path, metavar="FILE", help="write a Markdown report")
    options = parser.parse_args()
    settings = load_settings()
    build_index(settings)
    bank = load_knowledge(settings.knowledge).questions
    authors = sorted({question.author for question in bank})
    questions: Sequence[BankQuestion] = read_questions() if options.cases else bank
    tested = sorted({one.author for one in questions})
    if options.test:
        tested = [name.strip() for name in options.test.split(",")]
    print(f"{'asked':<22}" + " ".join(f"{heading:>8}" for heading in HEADINGS))
    ask = partial(_ask_author, questions, authors, options.train, options.damage, settings)
    everything: dict[str, list[Asked]] = {damage: [] for damage in options.damage}
    results: dict[str, list[Shares]] = {damage: [] for damage in options.damage}
    for author, answered in zip(tested, _in_parallel(ask, tested), strict=True):
        for damage, asked in answered.items():
            results[damage].append(measure(asked))
            print(f"{author:<12}{damage:<10}{results[damage][-1]}", flush=True)
            everything[damage] += asked
    for damage, shares in results.items():
        if len(shares) > 1:
            table = np.array([list(vars(one).values()) for one in shares])
            print(f"{'average':<12}{damage:<10}{Shares(*np.nanmean(table, axis=0))}")
            print(f"{'together':<12}{damage:<10}{measure(everything[damage])}")
    if options.report:
        write_report(options.report, everything[options.damage[0]])
    return 0


def _in_parallel(
    ask: partial[dict[str, list[Asked]]], authors: Sequence[str]
) -> Iterator[dict[str, list[Asked]]]:
    if len(authors) == 1:
        yield ask(authors[0])
        return
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        yield from pool.imap(ask, authors, chunksize=1)


def _ask_author(
    questions: Sequence[BankQuestion],
    authors: Sequence[str],
    train: str | None,
    damages: Sequence[str],
    settings: Settings,
    author: str,
) -> dict[str, list[Asked]]:
    learned = train or ",".join(other for other in authors if other != author)
    own = [one for one in questions if one.author == author and FOLLOW_UP not in one.situation_ids]
    if set(learned.split(",")) == set(authors):
        return ask_all(own, damages, settings)
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder)
        (index / "embedders").symlink_to(settings.index / "embedders")
        changed = {"bank_authors": learned, "index": index, "llm": ""}
        return ask_all(own, damages, settings.model_copy(update=changed))


def ask_all(
    questions: Sequence[BankQuestion], damages: Sequence[str], settings: Settings
) -> dict[str, list[Asked]]:
    """Ask every question by itself, as each kind of damage leaves it."""
    coach = build_coach(settings, report=report_nothing)
    answered: dict[str, list[Asked]] = {damage: [] for damage in damages}
    for damage in damages:
        for question in questions:
            typed = question.text if damage == CLEAN else perturb(question.text, damage, SEED)
            answered[damage].append(Asked(question, typed, coach.reply([], typed)))
    return answered


def measure(asked: Sequence[Asked]) -> Shares:
    """Compare replies with what the author meant."""
    two = [one for one in asked if len(one.question.situation_ids) == 2]
    none = [one for one in asked if one.is_none]
    one = [case for case in asked if case.is_one]
    shown = [case.is_right and case.reply.answered for case in one]
    offered = [
        case.question.situation_ids[0] in [choice.id for choice in case.reply.choices]
        for case in one
    ]
    sure = [case for case in asked if case.first]
    return Shares(
        first_right=share([case.is_right for case in one]),
        shown_right=share(shown),
        shown_or_offered=share([a or b for a, b in zip(shown, offered, strict=True)]),
        shown_wrong=share(
            [c.reply.answered and not is_right for is_right, c in zip(shown, one, strict=True)]
        ),
        refused=share([case.reply.refusal is not None for case in one]),
        not_answered_kept=share([not case.reply.answered for case in none]),
        both_right=share(
            [
                case.reply.answered
                and {s.id for s in case.reply.situations} == set(case.question.situation_ids)
                for case in two
            ]
        ),
        sprouted=share([case.reply.answered and len(case.reply.situations) > 1 for case in one]),
        calibration=expected_calibration_error(
            [case.confidence for case in sure], [case.is_right for case in sure]
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
