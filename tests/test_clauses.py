"""Clauses of a message."""

from __future__ import annotations

import pytest

from coach.language.clauses import MOST_CLAUSES, split_clauses


@pytest.mark.parametrize(
    ("message", "clauses"),
    [
        ("ребёнок звонит и матерится на меня", ["ребёнок звонит", "и матерится на меня"]),
        (
            "говорит медленно, номер директора требует",
            ["говорит медленно", "номер директора требует"],
        ),
        ("«дай номер директора!» кричит громко", ["дай номер директора", "кричит громко"]),
        ("дай номер", []),
        ("да, номер, шеф", []),
        ("", []),
    ],
)
def test_clauses_of_two_words_and_more(message: str, clauses: list[str]) -> None:
    assert split_clauses(message) == clauses


def test_a_long_message_has_a_bounded_number_of_clauses() -> None:
    assert len(split_clauses("он кричит, " * 1000)) == MOST_CLAUSES
