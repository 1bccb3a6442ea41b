"""A batch: every line is answered or told to be faulty, whatever became of the one before."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from coach.answering.reply import Reply
from coach.batch import answer_batch
from coach.coaching import Coach
from coach.errors import ModelError
from coach.texts import text


def lines_of(*questions: str) -> list[bytes]:
    return [json.dumps({"id": n, "question": one}).encode() for n, one in enumerate(questions)]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RecursionError("…"), text("batch.failed", fault="RecursionError")),
        (ModelError("Модель молчит."), "Модель молчит."),
    ],
)
def test_a_fault_of_one_line_leaves_the_others_answered(
    coach: Coach, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    answer = coach.reply

    def fail_once(conversation: Sequence[Reply], message: str) -> Reply:
        if message == "сбой":
            raise error
        return answer(conversation, message)

    monkeypatch.setattr(coach, "reply", fail_once)
    first, failed, last = answer_batch(coach, lines_of("в трубке ребёнок", "сбой", "ребёнок"))
    assert failed == {"id": 1, "line": 2, "error": told}
    assert [first["id"], last["id"]] == [0, 2]
    assert last["replies"][0]["situations"][0]["id"] == "child_caller"


def test_long_runs_of_latin_letters_are_answered(coach: Coach) -> None:
    blobs = ["a" * 949, "a" * 1_499, "privet" * 250, "shchya" * 200]
    rows = list(answer_batch(coach, lines_of(*blobs)))
    assert [row for row in rows if "error" in row] == []
    assert [len(row["replies"]) for row in rows] == [1] * len(blobs)
