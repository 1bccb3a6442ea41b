"""How well the coach follows a conversation: `python -m eval.conversations [FILE]`.

A turn is right when the expected situation is the first card shown; when nothing is answered and
nothing was to be; when small talk is taken for small talk.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from coach import build_coach, load_settings
from coach.answering.reply import Reply
from coach.batch import answer_conversation
from coach.coaching import Coach
from coach.instruction.questions import NOT_ANSWERED
from eval.cases import (
    CONVERSATIONS,
    FIRST,
    SAME,
    SMALL_TALK,
    SWITCH,
    Turn,
    read_conversations,
    turn_kinds,
)
from eval.metrics import share
from eval.scorers import RIGHT, score_turn


def main() -> int:
    """Print the share of right turns of each kind, and every wrong one when asked to."""
    parser = argparse.ArgumentParser(prog="python -m eval.conversations", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=CONVERSATIONS)
    parser.add_argument("--wrong", action="store_true", help="print every wrong turn")
    options = parser.parse_args()
    coach = build_coach(load_settings().model_copy(update={"llm": ""}))
    results = [one for turns in read_conversations(options.file) for one in follow(coach, turns)]
    kinds = [FIRST, SAME, SWITCH, NOT_ANSWERED, SMALL_TALK]
    for kind in kinds:
        right = [is_right for found, _, _, is_right in results if found == kind]
        print(f"{kind:<12}{len(right):>5}{share(right):>8.3f}")
    later = [is_right for found, _, _, is_right in results if found != FIRST]
    print(f"{'after first':<12}{len(later):>5}{share(later):>8.3f}")
    if options.wrong:
        for kind, turn, reply, is_right in results:
            if not is_right:
                got = [one.id for one in reply.situations] if reply.answered else reply.refusal
                print(f"{kind}: {turn.typed} | {turn.expected} | {got}")
    return 0


def follow(coach: Coach, turns: Sequence[Turn]) -> list[tuple[str, Turn, Reply, bool]]:
    """Hold one conversation; return each turn's kind, the turn, its reply, and whether right."""
    kinds = turn_kinds(turn.expected for turn in turns)
    replies = answer_conversation(coach, [turn.typed for turn in turns])
    return [
        (kind, turn, reply, score_turn(reply, turn.expected) == RIGHT)
        for kind, turn, reply in zip(kinds, turns, replies, strict=True)
    ]


if __name__ == "__main__":
    sys.exit(main())
