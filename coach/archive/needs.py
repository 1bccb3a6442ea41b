"""What is said of an answer, what it came to, and how much it needs a trainer."""

from __future__ import annotations

from collections.abc import Iterable

from coach.answering.reply import Reply

HELPED, NOT_HELPED, WRONG, MISSING = "helped", "not_helped", "wrong_situation", "not_in_text"
OPINIONS = (HELPED, NOT_HELPED, WRONG, MISSING)
OPENED, COPIED = "opened", "copied"
RIGHT, FALSE, CRITICAL = "right", "false", "critical"
SHOWN, UNSURE = "shown", "unsure"
# What needs a trainer first: the higher, the sooner.
NEED = {WRONG: 6, NOT_HELPED: 5, MISSING: 4}
NEED_OF_OUTCOME = {"danger": 5, "not_in_instruction": 3, UNSURE: 2}
DROPPED_NEED, LEAST_SURE, UNSURE_NEED = 1, 0.7, 1


def outcome_of(reply: Reply) -> str:
    """What a reply came to: the reason of the refusal (danger first), a card shown, or unsure."""
    return reply.refusal or (SHOWN if reply.answered else UNSURE)


def need_of(reply: Reply, said: Iterable[str] = ()) -> int:
    """How much an answer needs a trainer: a wrong situation most, a good answer least."""
    opinion = max((NEED.get(kind, 0) for kind in said), default=0)
    outcome = NEED_OF_OUTCOME.get("danger" if reply.danger else outcome_of(reply), 0)
    sure = max((one.confidence for one in reply.situations), default=1.0)
    doubt = UNSURE_NEED if reply.answered and sure < LEAST_SURE else 0
    return max(opinion, outcome, doubt, DROPPED_NEED if reply.dropped else 0)
