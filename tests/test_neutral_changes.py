"""Neutral changes: other words around a question, the grammar kept."""

from __future__ import annotations

import random

import pytest

from eval import neutral_changes as neutral
from eval.perturbations import NEUTRAL, perturb


def all_changes(question: str) -> dict[str, str | None]:
    """What each change makes of a question."""
    return {one.__name__: one(question, random.Random(1)) for one in neutral.CHANGES}


def changes_of(change: str, question: str) -> set[str | None]:
    """Everything that one change makes of a question, by chance."""
    return {getattr(neutral, change)(question, random.Random(n)) for n in range(50)}


def test_the_same_seed_changes_a_question_the_same_and_always_changes_it() -> None:
    questions = ["клиент хамит", "какие у меня права?", "дай номер", "«Тётя, позови папу»", "hello"]
    first = [perturb(question, NEUTRAL, 1) for question in questions]
    assert first == [perturb(question, NEUTRAL, 1) for question in questions]
    assert all(
        question in changed or len(question.split()) == len(changed.split())
        for question, changed in zip(questions, first, strict=True)
    )
    assert first != questions


def test_a_plain_statement_takes_every_change() -> None:
    changed = all_changes("клиент говорит медленно")
    assert None not in changed.values()
    assert changed["turn_order"] == "говорит клиент медленно"
    assert changed["strengthen"] in {
        f"клиент говорит {degree} медленно" for degree in ("очень", "слишком", "уж очень")
    }


@pytest.mark.parametrize(
    "question", ["какие у меня права", "что делать, если он кричит?", "дай номер"]
)
def test_nothing_is_asked_or_told_behind_a_question_or_an_order(question: str) -> None:
    changed = all_changes(question)
    behind = ("ask_behind", "identify", "time_it", "date_it", "repeat_it", "name_channel")
    assert [changed[name] for name in behind] == [None] * len(behind)
    assert changed["greet"]


def test_the_caller_is_exchanged_for_another_of_the_same_gender() -> None:
    others = {"абонент", "звонящий", "покупатель", "он"}
    assert changes_of("exchange_caller", "клиент кричит") == {f"{one} кричит" for one in others}
    others = {"Клиентка", "Абонентка", "Звонящая", "Покупательница"}
    assert changes_of("exchange_caller", "Она кричит") == {f"{one} кричит" for one in others}


@pytest.mark.parametrize(
    "question",
    [
        "клиента не слышно",
        "звонящий телефон мешает",
        "клиент кричит, а он молчит",
        "ребёнок кричит",
    ],
)
def test_no_other_word_is_taken_for_the_caller(question: str) -> None:
    assert changes_of("exchange_caller", question) == {None}


@pytest.mark.parametrize(
    "question", ["пьяный клиент кричит", "клиент банка кричит", "клиент, который звонил, кричит"]
)
def test_a_described_caller_becomes_no_pronoun(question: str) -> None:
    made = changes_of("exchange_caller", question)
    assert len(made) == 3
    assert not any("он" in str(one).replace(",", "").split() for one in made)


def test_a_name_agrees_with_the_caller() -> None:
    women = ("Мария", "Ольга", "Анна")
    made = changes_of("identify", "клиентка кричит")
    assert any(name in str(one) for one in made for name in women)
    assert not any(name in str(one) for one in made for name in ("Пётр", "Алексей", "Андрей"))


def test_only_a_person_and_its_verb_exchange_their_places() -> None:
    assert changes_of("turn_order", "он хамит") == {"хамит он"}
    assert changes_of("turn_order", "звонит ребёнок") == {"ребёнок звонит"}
    assert changes_of("turn_order", "требует телефон") == {None}
    assert changes_of("turn_order", "пьяный клиент хамит") == {None}
    assert changes_of("turn_order", "клиент давно уже хамит мне") == {None}


def test_a_degree_stands_where_none_is() -> None:
    assert changes_of("strengthen", "мне плохо") == {
        "мне очень плохо",
        "мне слишком плохо",
        "мне уж очень плохо",
    }
    assert changes_of("strengthen", "говорит очень медленно") == {None}
    assert changes_of("strengthen", "говорит не медленно") == {None}
