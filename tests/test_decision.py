"""The decision and the weighing of evidence, on made-up confidences."""

from __future__ import annotations

import pytest

from coach.understanding.decision import decide, refuse_unreadable
from coach.understanding.recognition import Grounds, Neighbour, Recognition
from tests.conftest import make_settings

SETTINGS = make_settings(answer_threshold=0.5, second_threshold=0.6, refuse_threshold=0.5)


def recognition(
    not_answered: float, *confidences: tuple[str, float], second: float = 0.1
) -> Recognition:
    return Recognition("вопрос", confidences, second, not_answered)


def test_a_sure_situation_is_answered_alone() -> None:
    decision = decide(recognition(0.1, ("a", 0.9), ("b", 0.3), ("c", 0.2)), SETTINGS)
    assert (decision.answered, decision.situations) == (True, (("a", 0.9),))
    assert (decision.choices, decision.refusal) == ((), None)


def test_two_sure_situations_are_both_answered() -> None:
    decision = decide(recognition(0.1, ("a", 0.9), ("b", 0.2), ("c", 0.1), second=0.7), SETTINGS)
    assert decision.situations == (("a", 0.9), ("b", 0.7))


def test_unsure_asks_back_with_the_likeliest_first() -> None:
    confidences = (("a", 0.4), ("b", 0.3), ("c", 0.2), ("d", 0.1))
    decision = decide(recognition(0.2, *confidences), SETTINGS)
    assert (decision.answered, decision.refusal) == (False, None)
    assert decision.choices == ("a", "b", "c")


def test_what_is_far_from_every_situation_is_refused() -> None:
    decision = decide(recognition(0.8, ("a", 0.3), ("b", 0.1)), SETTINGS)
    assert decision.refusal == "not_in_instruction"
    assert decision.choices == ("a", "b")


def test_a_likely_situation_whose_answer_is_in_doubt_is_offered() -> None:
    decision = decide(recognition(0.8, ("a", 0.7), ("b", 0.1)), SETTINGS)
    assert (decision.answered, decision.refusal) == (False, None)
    assert decision.choices == ("a", "b")


@pytest.mark.parametrize(("question", "reason"), [(" ", "no_question"), ("!!", "no_words")])
def test_unreadable_is_refused_before_any_search(question: str, reason: str) -> None:
    decision = refuse_unreadable(question)
    assert decision is not None
    assert decision.refusal == reason
    assert refuse_unreadable("да") is None


def test_a_decision_says_why() -> None:
    near = (Neighbour("дай номер", ("a",), 0.9), Neighbour("звонит ребёнок", ("b",), 0.8))
    seen = Recognition(
        "вопрос", (("a", 0.9), ("b", 0.1)), 0.0, 0.0, neighbours=near, words=(("a", ("номер",)),)
    )
    assert decide(seen, SETTINGS).grounds == (Grounds("a", ("номер",), ("дай номер",)),)
