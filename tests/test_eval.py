"""The measuring itself: small sums checked by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from coach.answering.reply import Choice, Reply, ShownSituation
from coach.coaching import Coach
from coach.instruction.questions import BankQuestion
from eval.bench import choose_questions
from eval.generalisation import measure
from eval.plain_chain import build_plain_chain
from eval.timing import summarise, time_calls


def reply(template: Reply, *names: str, answered: bool = True, refusal: str | None = None) -> Reply:
    situations = tuple(ShownSituation(name, name, "situation", 0.9) for name in names)
    return replace(
        template,
        situations=situations,
        answered=answered,
        refusal=refusal,
        choices=(Choice("a", "a"), Choice("b", "b")) if not answered else (),
    )


def test_shares_are_what_a_hand_counts(coach: Coach) -> None:
    template = coach.reply([], "привет")
    asked = [
        BankQuestion("1", ("a",)),
        BankQuestion("2", ("a",)),
        BankQuestion("3", ("a",)),
        BankQuestion("4", ("a",)),
        BankQuestion("5", ("none",)),
        BankQuestion("6", ("none",)),
        BankQuestion("7", ("a", "b")),
    ]
    replies = [
        reply(template, "a"),
        reply(template, "b"),
        reply(template, "a", answered=False),
        reply(template, answered=False, refusal="not_in_instruction"),
        reply(template, "a"),
        reply(template, answered=False, refusal="not_in_instruction"),
        reply(template, "b", "a"),
    ]
    shares = measure(asked, replies)
    assert shares.first_right == 0.5
    assert shares.shown_right == 0.25
    assert shares.shown_or_offered == 0.75
    assert shares.shown_wrong == 0.25
    assert shares.refused == 0.25
    assert shares.not_answered_kept == 0.5
    assert shares.both_right == 1.0
    assert math.isnan(measure(asked[:1], replies[:1]).both_right)


def test_timings_are_summed_up() -> None:
    timing = summarise([1.0, 2.0, 3.0])
    assert (timing.median_ms, timing.calls) == (2.0, 3)
    assert timing.p95_ms == pytest.approx(2.9)
    assert all(spent >= 0 for spent in time_calls(str.upper, ["a", "b"]))


def test_the_same_questions_are_timed_every_time(coach: Coach) -> None:
    assert choose_questions(coach, 5) == choose_questions(coach, 5)
    assert len(set(choose_questions(coach, 200))) > 190


def test_the_plain_chain_stuffs_real_chunks(coach: Coach, tmp_path: Path) -> None:
    document = next(iter(coach.knowledge.documents.values()))
    context = build_plain_chain(document, tmp_path)("телефон директора")
    chunks = context.split("\n\n")
    assert len(context) > 1000
    assert all(chunk in document.text for chunk in chunks)
