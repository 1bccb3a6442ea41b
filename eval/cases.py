"""Cases: questions and conversations with what is expected, kept apart from the question bank."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coach.answering.reply import Reply
from coach.instruction.questions import NOT_ANSWERED, BankQuestion

DATA = Path(__file__).with_name("data")
GOLD = DATA / "gold"
QUESTIONS = GOLD / "questions.jsonl"
CONVERSATIONS = GOLD / "conversations.jsonl"
FOLLOW_UPS = DATA / "follow_ups.jsonl"
CONVERSATIONS_SEEN = DATA / "conversations_seen.jsonl"
ANY_TOPIC = "any"
SMALL_TALK = "smalltalk"
FIRST, SAME, SWITCH = "first", "follow_up", "switch"


@dataclass(frozen=True)
class Asked:
    """A question, what was typed for it, and the reply that it got."""

    question: BankQuestion
    typed: str
    reply: Reply

    @property
    def first(self) -> str | None:
        """The likeliest situation of the reply, shown or guessed; None after a refusal."""
        situations = self.reply.situations
        return max(situations, key=lambda one: one.confidence).id if situations else None

    @property
    def confidence(self) -> float:
        """The confidence of `first`; 0.0 after a refusal."""
        return max((one.confidence for one in self.reply.situations), default=0.0)

    @property
    def is_none(self) -> bool:
        """Whether the instruction does not answer the question."""
        return self.question.situation_ids == (NOT_ANSWERED,)

    @property
    def is_one(self) -> bool:
        """Whether the question holds exactly one situation."""
        return len(self.question.situation_ids) == 1 and not self.is_none

    @property
    def is_right(self) -> bool:
        """Whether the likeliest situation is one of the question's."""
        return self.first in self.question.situation_ids


@dataclass(frozen=True)
class Turn:
    """One message of a conversation: `expected` is a situation id, `none` or `smalltalk`."""

    typed: str
    expected: str


@dataclass(frozen=True)
class FollowUp:
    """A message after a card of `topic` (None: of any).

    `expected` is a situation id, `none`, or `follow_up` for whatever the topic is.
    """

    text: str
    topic: str | None
    expected: str
    author: str


def read_questions(path: Path = QUESTIONS) -> list[BankQuestion]:
    """Read the questions that were written for measuring."""
    return [
        BankQuestion(row["question"], tuple(row["situations"]), row["author"], row["style"])
        for row in _rows(path)
    ]


def turn_kinds(expected: Iterable[str]) -> list[str]:
    """Name the turns of a conversation by what is expected of each.

    The first one; then `none`, `smalltalk`, a follow-up to the situation before it, or a switch.
    """
    kinds: list[str] = []
    topic = ""
    for one in expected:
        is_aside = one in (NOT_ANSWERED, SMALL_TALK)
        kinds.append(FIRST if not kinds else one if is_aside else SAME if one == topic else SWITCH)
        topic = topic if is_aside else one
    return kinds


def read_conversations(path: Path = CONVERSATIONS) -> list[list[Turn]]:
    """Read the conversations that were written for measuring."""
    return [
        [Turn(turn["question"], turn["expect"]) for turn in row["turns"]] for row in _rows(path)
    ]


def read_follow_ups(path: Path = FOLLOW_UPS) -> list[FollowUp]:
    """Read the follow-ups that the combination is fitted on; their authors are in the bank."""
    return [
        FollowUp(
            row["question"],
            None if row["topic"] == ANY_TOPIC else row["topic"],
            row["expect"],
            row["author"],
        )
        for row in _rows(path)
    ]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)
