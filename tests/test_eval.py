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
from eval.cases import Asked, Turn
from eval.conversations import follow
from eval.generalisation import measure
from eval.generalisation_report import write_report
from eval.growth import make_bank
from eval.metrics import expected_calibration_error, reliability
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
    meant = [("a",), ("a",), ("a",), ("a",), ("none",), ("none",), ("a", "b")]
    replies = [
        reply(template, "a"),
        reply(template, "b", "c"),
        reply(template, "a", answered=False),
        reply(template, answered=False, refusal="not_in_instruction"),
        reply(template, "a"),
        reply(template, answered=False, refusal="not_in_instruction"),
        reply(template, "b", "a"),
    ]
    asked = [
        Asked(BankQuestion(str(number), ids), str(number), one)
        for number, (ids, one) in enumerate(zip(meant, replies, strict=True))
    ]
    shares = measure(asked)
    assert shares.first_right == 0.5
    assert shares.shown_right == 0.25
    assert shares.shown_or_offered == 0.75
    assert shares.shown_wrong == 0.25
    assert shares.sprouted == 0.25
    assert shares.refused == 0.25
    assert shares.not_answered_kept == 0.5
    assert shares.both_right == 1.0
    assert shares.calibration == pytest.approx(0.9 - 3 / 5)
    assert math.isnan(measure(asked[:1]).both_right)


def test_calibration_error_is_the_weighed_gap() -> None:
    sure, right = [0.95, 0.95, 0.95, 0.95, 0.15], [True, True, True, False, False]
    assert expected_calibration_error(sure, right) == pytest.approx(0.8 * 0.2 + 0.2 * 0.15)
    assert [(one.low, one.count) for one in reliability(sure, right)] == [(0.1, 1), (0.9, 4)]
    assert reliability([1.0], [True])[0].high == 1.0
    assert math.isnan(expected_calibration_error([], []))


def test_the_report_names_every_outcome(coach: Coach, tmp_path: Path) -> None:
    words = ("клиент требует телефон директора", "какую скидку дать клиенту")
    meant = (("child_caller",), ("none",))
    asked = [
        Asked(BankQuestion(typed, ids), typed, coach.reply([], typed))
        for typed, ids in zip(words, meant, strict=True)
    ]
    write_report(tmp_path / "deep/report.md", asked)
    report = (tmp_path / "deep/report.md").read_text(encoding="utf-8")
    assert "| клиент требует телефон директора | child_caller | boss_phone |" in report
    assert "| child_caller |  | 1 |  |  |" not in report
    assert "Expected calibration error" in report


def test_a_conversation_is_judged_turn_by_turn(coach: Coach) -> None:
    turns = [
        Turn("клиент требует телефон директора", "boss_phone"),
        Turn("дай дословно", "boss_phone"),
        Turn("звонит ребёнок", "child_caller"),
        Turn("как сварить борщ", "none"),
        Turn("спасибо", "smalltalk"),
        Turn("дай дословно", "boss_phone"),
    ]
    results = follow(coach, turns)
    kinds = ["first", "follow_up", "switch", "none", "smalltalk", "switch"]
    assert [kind for kind, *_ in results] == kinds
    assert [is_right for *_, is_right in results] == [True] * 5 + [False]


def test_a_grown_bank_has_the_size_and_the_situations(coach: Coach) -> None:
    bank = coach.knowledge.questions
    assert len(make_bank(bank, 100)) == 100
    grown = make_bank(bank, len(bank) + 50)
    assert len(grown) == len(bank) + 50
    assert {one.situation_ids for one in grown} == {one.situation_ids for one in bank}


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
