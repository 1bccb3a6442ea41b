"""Grouping questions: those of the same rare words stand together."""

from __future__ import annotations

from coach.coaching import Coach
from coach.understanding.similarity import group_similar

ASKED = [
    "какую скидку дать постоянному покупателю",
    "сколько ехать до вокзала",
    "постоянный покупатель хочет скидку",
    "покупателю скидку дайте",
    "в здании заложена бомба",
    "говорят в школе бомба",
]


def test_questions_of_the_same_matter_stand_together(coach: Coach) -> None:
    groups = coach.group_similar(ASKED)
    assert groups == [[0, 2, 3], [4, 5], [1]]


def test_nothing_and_one_question_are_grouped_too() -> None:
    assert group_similar([], []) == []
    assert group_similar(["один"], []) == [[0]]
    assert group_similar(["!!!", "???"], ["банк"]) == [[0], [1]]
