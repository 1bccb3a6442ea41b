"""A kept reply is read back by this version, an earlier one's and a later one's alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from coach.answering.reply import Emergency, Guidance, Reply, read_reply
from coach.safety.detector import CERTAIN

REPLY = Reply(
    question="вопрос",
    understood_as=None,
    answered=True,
    situations=(),
    evidence=(),
    say=(),
    do=(Guidance("Шаг", 1, "rights", reading="Анна", answers=True),),
    avoid=(),
    conflicts=(),
    text="",
    citations=(),
    choices=(),
    refusal=None,
    model=None,
    advice=None,
    dropped=(),
    knowledge_version="1",
    elapsed_ms=1.0,
    danger=CERTAIN,
    emergency=Emergency("112", "Звоните 112", "примечание", ("строка",)),
)


def test_danger_and_a_trainers_reading_survive() -> None:
    assert read_reply(REPLY.to_json()) == REPLY


def test_a_field_of_another_version_is_left_out() -> None:
    row = REPLY.to_json() | {"mood": "calm"}
    row["do"][0]["colour"] = "red"
    row["emergency"]["siren"] = True
    assert read_reply(row) == REPLY


def test_a_reply_of_an_earlier_version_takes_defaults() -> None:
    row = REPLY.to_json()
    for name in ("danger", "danger_dismissed", "emergency", "direct"):
        del row[name]
    del row["do"][0]["reading"], row["do"][0]["answers"]
    plain = replace(REPLY, danger=None, emergency=None, do=(Guidance("Шаг", 1, "rights"),))
    assert read_reply(row) == plain


@pytest.mark.parametrize(
    "row",
    [
        None,
        "junk",
        {},
        REPLY.to_json() | {"say": [{"text": "x"}]},
        REPLY.to_json() | {"text": None},
    ],
)
def test_a_damaged_reply_is_told_before_anybody_shows_it(row: Any) -> None:
    with pytest.raises(ValueError, match="Reply"):
        read_reply(row)
