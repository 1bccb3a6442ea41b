"""The proof that phrases and steps stand in the received text."""

from __future__ import annotations

from pathlib import Path

import pytest

from coach.instruction.documents import find_excerpt
from coach.instruction.provenance import Repair, is_same_phrase, letters_of, read_repairs
from coach.settings import PROJECT_FOLDER


@pytest.mark.parametrize(
    ("phrase", "received"),
    [
        ("Какова цель Вашего звонка?", "Какова цель Вашего звонка"),
        ("какую-то информацию", "какую то  информацию"),
        ("произошёл", "произошел"),
        ("МИНУТУ, ПОЖАЛУЙСТА.", "Минуту пожалуйста"),
    ],
)
def test_case_punctuation_spaces_and_yo_are_forgiven(phrase: str, received: str) -> None:
    assert is_same_phrase(phrase, received)


@pytest.mark.parametrize(
    ("phrase", "received"),
    [
        ("ответим за 30 дней", "ответим за 10 дней"),
        ("вернутся", "не вернутся"),
        ("я буду вынужден закончить разговор", "я буду вынуждена закончить разговор"),
        ("Минуту", "Минуту, пожалуйста"),
        ("", ""),
    ],
)
def test_a_changed_word_number_or_negation_is_not_the_same(phrase: str, received: str) -> None:
    repairs = [Repair("понест", "понесёт")]
    assert not is_same_phrase(phrase, received, repairs) or letters_of(phrase) == ""


def test_a_listed_defect_is_repaired_and_an_unlisted_one_is_not() -> None:
    repairs = [Repair("понест", "понесёт")]
    assert is_same_phrase("Работник понесёт наказание", "Работник понест наказание", repairs)
    assert not is_same_phrase("Сотрудник несёт", "Сотрудник нест", repairs)


def test_the_list_of_repairs_is_short_and_each_one_occurs_in_the_text() -> None:
    knowledge = PROJECT_FOLDER / "knowledge"
    repairs = read_repairs(knowledge / "repairs.yaml")
    received = (knowledge / "instruction/operator-instruction.txt").read_text(encoding="utf-8")
    assert 0 < len(repairs) <= 10
    assert [one.received for one in repairs if one.received not in received] == []


def test_absent_list_of_repairs_is_empty(tmp_path: Path) -> None:
    assert read_repairs(tmp_path / "repairs.yaml") == []


def test_an_excerpt_is_found_with_any_white_space_and_no_other_change() -> None:
    text = "Извините,  предоставить такую информацию. Извините, нет."
    assert find_excerpt("Извините, предоставить", text) == [(0, 23)]
    assert len(find_excerpt("Извините,", text)) == 2
    assert find_excerpt("извините, предоставить", text) == []
    assert find_excerpt("  ", text) == []
