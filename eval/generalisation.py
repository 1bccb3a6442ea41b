"""How well the coach understands an author whose questions it never learned from.

python -m eval.generalisation                       leave one author out, each in turn
python -m eval.generalisation --train A --test B    learn from A alone, ask what B wrote
python -m eval.generalisation --damage layout       the same questions, damaged
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coach import build_coach, load_settings
from coach.answering.reply import Reply
from coach.assembly import report_nothing
from coach.instruction.knowledge import load_knowledge
from coach.instruction.questions import NOT_ANSWERED, BankQuestion
from coach.settings import Settings
from eval.perturbations import PERTURBATIONS, perturb

SEED = 1


@dataclass(frozen=True)
class Shares:
    """Shares (0..1) on one author: of one-situation, not-answered and two-situation questions."""

    first_right: float
    shown_right: float
    shown_or_offered: float
    shown_wrong: float
    refused: float
    not_answered_kept: float
    both_right: float

    def __str__(self) -> str:
        return " ".join(f"{value:>8.3f}" for value in vars(self).values())


HEADINGS = ("first", "shown", "offered", "wrong", "refused", "none ok", "both")


def main() -> int:
    """Print one line per author and the average."""
    parser = argparse.ArgumentParser(prog="python -m eval.generalisation", description=__doc__)
    parser.add_argument("--train", help="comma-separated authors to learn from")
    parser.add_argument("--test", help="the author to ask")
    parser.add_argument("--damage", choices=sorted(PERTURBATIONS), help="how to damage questions")
    options = parser.parse_args()
    settings = load_settings()
    bank = load_knowledge(settings.knowledge).questions
    authors = sorted({question.author for question in bank})
    tested = [options.test] if options.test else authors
    print(f"{'author':<12}" + " ".join(f"{heading:>8}" for heading in HEADINGS))
    results = []
    for author in tested:
        learned = options.train or ",".join(other for other in authors if other != author)
        asked = [question for question in bank if question.author == author]
        typed = [
            perturb(one.text, options.damage, SEED) if options.damage else one.text for one in asked
        ]
        result = measure(asked, ask_all(typed, learned, settings))
        print(f"{author:<12}{result}", flush=True)
        results.append(result)
    if len(results) > 1:
        table = np.array([list(vars(one).values()) for one in results])
        print(f"{'average':<12}{Shares(*np.nanmean(table, axis=0))}")
    return 0


def ask_all(typed: Sequence[str], learned: str, settings: Settings) -> list[Reply]:
    """Answer every question by an index that learned from the named authors alone."""
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder)
        cache = settings.index / "embedders"
        if cache.exists():
            (index / "embedders").symlink_to(cache)
        changed = {"bank_authors": learned, "index": index, "llm": ""}
        coach = build_coach(settings.model_copy(update=changed), report=report_nothing)
        return [coach.reply([], question) for question in typed]


def measure(asked: Sequence[BankQuestion], replies: Sequence[Reply]) -> Shares:
    """Compare replies with what the author meant."""
    pairs = list(zip(asked, replies, strict=True))
    two = [pair for pair in pairs if len(pair[0].situation_ids) == 2]
    none = [pair for pair in pairs if pair[0].situation_ids == (NOT_ANSWERED,)]
    one = [pair for pair in pairs if pair not in two and pair not in none]
    right = [_first(reply) == question.situation_ids[0] for question, reply in one]
    shown = [is_right and reply.answered for is_right, (_, reply) in zip(right, one, strict=True)]
    offered = [
        question.situation_ids[0] in [choice.id for choice in reply.choices]
        for question, reply in one
    ]
    return Shares(
        first_right=_share(right),
        shown_right=_share(shown),
        shown_or_offered=_share([a or b for a, b in zip(shown, offered, strict=True)]),
        shown_wrong=_share([r.answered and not s for s, (_, r) in zip(shown, one, strict=True)]),
        refused=_share([reply.refusal is not None for _, reply in one]),
        not_answered_kept=_share([not reply.answered for _, reply in none]),
        both_right=_share(
            [
                reply.answered and {s.id for s in reply.situations} == set(question.situation_ids)
                for question, reply in two
            ]
        ),
    )


def _first(reply: Reply) -> str | None:
    return reply.situations[0].id if reply.situations else None


def _share(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags) if flags else float("nan")


if __name__ == "__main__":
    sys.exit(main())
