"""How much private data the masking finds, on messages whose private parts are labelled.

python -m eval.privacy [FILE] [--wrong]

A labelled part counts as found when every letter and digit of it is masked, as whatever kind.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coach import build_coach, load_settings
from coach.answering.reply import Reply
from coach.instruction.questions import NOT_ANSWERED, BankQuestion
from coach.privacy.masking import find_private, mask
from coach.privacy.numbers import CARD, EMAIL, INN, PASSPORT, PHONE, SNILS
from eval.cases import DATA, read_questions
from eval.metrics import share

SEED = 1
MESSAGES = DATA / "privacy.jsonl"
NUMBERED = (PHONE, CARD, PASSPORT, SNILS, INN, EMAIL)


@dataclass(frozen=True)
class Secret:
    """A private part of a message, at [start:end], and whether all of it was found."""

    message: str
    kind: str
    start: int
    end: int
    is_found: bool

    @property
    def secret(self) -> str:
        """The private words themselves."""
        return self.message[self.start : self.end]


def main() -> int:
    """Print the recall of each kind, and how often harmless messages stay as they are."""
    parser = argparse.ArgumentParser(prog="python -m eval.privacy", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=MESSAGES)
    parser.add_argument("--wrong", action="store_true", help="print what was not found")
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.file.read_text(encoding="utf-8").splitlines()]
    secrets = [one for row in rows for one in look(row)]
    for kind in sorted({one.kind for one in secrets}):
        own = [one.is_found for one in secrets if one.kind == kind]
        print(f"{kind:<10}{len(own):>5} recall {share(own):.3f}")
    print(f"numbered  {'':>5} recall {recall(secrets, NUMBERED):.3f}")
    clean = [not find_private(row["text"]) for row in rows if not row["private"]]
    print(f"without private data {len(clean)}, left as they are {share(clean):.3f}")
    plain, masked = compare_recognition([one.secret for one in secrets])
    print(f"right replies: plain {plain:.3f}, with private data masked {masked:.3f}")
    if options.wrong:
        for one in secrets:
            if not one.is_found:
                print(f"{one.kind}: {one.secret} | {one.message}")
    return 0


def compare_recognition(private: Sequence[str]) -> tuple[float, float]:
    """The share of right replies to the questions of eval/data, and to the same masked.

    Private data of the labelled messages is put into each question and masked again.
    """
    coach = build_coach(load_settings().model_copy(update={"llm": ""}))
    chance = random.Random(SEED)
    plain, masked = [], []
    for question in read_questions():
        if len(question.situation_ids) == 1:
            told = f"{chance.choice(private)}, {question.text} {chance.choice(private)}"
            plain.append(_is_right(coach.reply([], question.text), question))
            masked.append(_is_right(coach.reply([], mask([told])[0].text), question))
    return share(plain), share(masked)


def _is_right(reply: Reply, question: BankQuestion) -> bool:
    if question.situation_ids == (NOT_ANSWERED,):
        return not reply.answered
    return reply.answered and question.situation_ids[0] in {one.id for one in reply.situations}


def recall(secrets: Sequence[Secret], kinds: Sequence[str]) -> float:
    """The share of private parts of these kinds that were found."""
    return share([one.is_found for one in secrets if one.kind in kinds])


def look(row: dict[str, object]) -> list[Secret]:
    """Mask one labelled message and look whether each of its private parts is hidden."""
    message = str(row["text"])
    hidden = {place for one in find_private(message) for place in range(one.start, one.end)}
    secrets, place = [], 0
    labels: list[dict[str, str]] = row["private"]  # type: ignore[assignment]
    for label in labels:
        start = message.index(label["text"], place)
        place = start + len(label["text"])
        letters = {n for n in range(start, place) if message[n].isalnum()}
        secrets.append(Secret(message, label["kind"], start, place, letters <= hidden))
    return secrets


if __name__ == "__main__":
    sys.exit(main())
