"""The effect of a change on the gold set: asked before and after, in a process of its own.

Reads `{"change": …, "recent": […]}` from the standard input, prints the effect as JSON. Exit status
1 with one clear line when it could not.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from functools import partial

from coach import load_settings
from coach.assembly import open_coach, report_nothing
from coach.coaching import Coach
from coach.effect import Changed, Evaluated, foresee, outcome_of
from coach.errors import CoachError
from coach.instruction.provenance import read_repairs
from coach.settings import Settings
from coach.teaching import Change
from eval.gold import GoldError, read_gold
from eval.running import Result, Selection, run_cases
from eval.texts import word

CLEAN = Selection(("situations", "two", "not_answered", "conversations", "taught"))
SHOWN_SLIPS = 4


def main() -> int:
    """Run; return the exit status."""
    asked = json.load(sys.stdin)
    try:
        settings = load_settings().model_copy(update={"llm": ""})
        now = open_coach(settings, report=report_nothing)  # to look is not to publish
        change = Change(**asked["change"])
        effect = foresee(change, asked["recent"], now, settings, partial(evaluate, settings))
    except CoachError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(asdict(effect), ensure_ascii=False))
    return 0


def evaluate(settings: Settings, now: Coach, then: Coach) -> Evaluated:
    """Ask every clean case of both coaches; say which answers became right or wrong.

    Where the gold set does not fit the knowledge, before or after, only that is said.
    """
    try:
        before, after = _run(settings, now), _run(settings, then)
    except GoldError as error:
        return Evaluated(0, 0, 0, fault="\n".join(str(error).splitlines()[:SHOWN_SLIPS]))
    if not before:
        return Evaluated(0, 0, 0, fault=word("console.empty_gold", path=settings.gold))
    moved = [
        (one, other)
        for one, other in zip(before, after, strict=True)
        if one.is_right != other.is_right
    ]
    return Evaluated(
        sum(one.is_right for one in before),
        sum(one.is_right for one in after),
        len(before),
        tuple(_describe(*pair) for pair in moved if pair[0].is_right),
        tuple(_describe(*pair) for pair in moved if pair[1].is_right),
    )


def _run(settings: Settings, coach: Coach) -> list[Result]:
    repairs = read_repairs(settings.knowledge / "repairs.yaml")
    cases = read_gold(settings.gold, coach.knowledge)
    return run_cases(coach, cases, CLEAN, repairs, lambda steps, _: steps).results


def _describe(before: Result, after: Result) -> Changed:
    return Changed(before.typed, outcome_of(before.reply), _reasons(after))


def _reasons(result: Result) -> str:
    """What the answer comes to now, and why it is not right when it is not."""
    reasons = [score.reason for score in result.scores.values() if score.value < 1]
    return "; ".join([outcome_of(result.reply), *filter(None, reasons)])


if __name__ == "__main__":
    sys.exit(main())
