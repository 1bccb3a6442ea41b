"""People in the archive: named, copied, forgotten."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from coach.archive.archive import Archive
from coach.archive.history import History
from coach.archive.needs import FALSE, HELPED, RIGHT, WRONG
from coach.archive.people import KeptOperator
from coach.archive.tables import ConversationRow, TurnRow, now
from coach.coaching import Coach
from coach.errors import StaleError


def test_one_operators_data_is_exported_and_forgotten(archive: Archive, coach: Coach) -> None:
    reply = coach.reply([], "в трубке ребёнок")
    for operator in ("one", "other"):
        archive.signal(archive.keep(archive.start(operator), reply), HELPED)
    assert len(archive.export("one")) == 1
    assert archive.forget("one") == 1
    assert archive.export("one") == []
    assert len(archive.export("other")) == 1


def test_a_copy_of_the_data_holds_what_was_made_of_each_answer(
    archive: Archive, coach: Coach
) -> None:
    turn = archive.keep(archive.start("one"), coach.reply([], "в трубке ребёнок"))
    archive.signal(turn, WRONG, "slow_speaker")
    archive.judge(turn, FALSE, "не то", "trainer", seen_revision=0)
    (copied,) = archive.export("one")
    assert copied["reply"]["question"] == "в трубке ребёнок"
    assert [(one["kind"], one["situation"]) for one in copied["signals"]] == [
        (WRONG, "slow_speaker")
    ]
    assert copied["verdict"] == {"value": FALSE, "note": "не то"}
    json.dumps(copied)


def test_everybody_of_whom_something_is_kept_is_named(archive: Archive, coach: Coach) -> None:
    assert archive.operators() == []
    reply = coach.reply([], "в трубке ребёнок")
    talks = [archive.start(operator) for operator in ("two", "one", "two")]
    for name in (talks[0], talks[0], talks[2]):
        archive.keep(name, reply)
    today = now().date()
    assert archive.operators() == [KeptOperator("one", 1, today), KeptOperator("two", 2, today)]
    past = now() - timedelta(days=3)
    with Session(archive._engine) as session, session.begin():
        session.execute(update(ConversationRow).values(started_at=past))
        session.execute(update(TurnRow).where(TurnRow.number == 0).values(asked_at=past))
    assert [one.last for one in archive.operators()] == [past.date(), today]


def test_a_trainers_name_is_copied_and_forgotten_where_they_judged_and_taught(
    archive: Archive, coach: Coach
) -> None:
    turn = archive.keep(archive.start("one"), coach.reply([], "в трубке ребёнок"))
    archive.judge(turn, FALSE, "не то", "Ирина", seen_revision=0)
    history = History(archive)
    first = history.add_lesson("Ирина", "rights", ("a", "b"), question="дай номер")
    second = history.add_lesson("Олег", "rights", ("b", "c"), path="x.md", after="новое")
    history.mark_undone(second, "Ирина", "b")
    named = [(one.name, one.conversations) for one in archive.operators()]
    assert named == [("one", 1), ("Ирина", 0), ("Олег", 0)]
    judged, taught, undone = archive.export("Ирина")
    assert (judged["judged"]["value"], judged["judged"]["note"]) == (FALSE, "не то")
    assert taught["taught"]["question"] == "дай номер"
    assert undone["undone"]["after"] == "новое"
    json.dumps([judged, taught, undone])
    assert archive.forget("Ирина") == 0
    assert archive.export("Ирина") == []
    (kept,) = archive.queue(5, judged=True)
    assert (kept.verdict, kept.trainer) == (FALSE, "")
    newest, oldest = history.lessons(5)
    assert (oldest.id, oldest.trainer) == (first, "")
    assert (newest.trainer, newest.undone_by, newest.is_undone) == ("Олег", "", True)
    assert [one.name for one in archive.operators()] == ["one", "Олег"]
    with pytest.raises(StaleError, match="кто-то другой"):
        archive.judge(turn, RIGHT, "", "Олег", seen_revision=0)


def age(archive: Archive, days: int, *conversations: str) -> None:
    """Make conversations begun so many days ago, their answers asked then too."""
    past = now() - timedelta(days=days)
    with Session(archive._engine) as session, session.begin():
        for table, name, column in (
            (ConversationRow, ConversationRow.id, "started_at"),
            (TurnRow, TurnRow.conversation_id, "asked_at"),
        ):
            session.execute(update(table).where(name.in_(conversations)).values({column: past}))


def test_conversations_are_forgotten_by_their_last_answer(archive: Archive, coach: Coach) -> None:
    reply = coach.reply([], "в трубке ребёнок")
    old, new, live, empty = (archive.start("operator") for _ in range(4))
    for name in (old, new, live):
        archive.keep(name, reply)
    age(archive, 100, old, live, empty)
    archive.keep(live, reply)
    assert archive.forget_older(90) == 2
    left = [len(archive.conversation(name, "operator")) for name in (old, new, live)]
    assert left == [0, 1, 2]


def test_exported_times_carry_their_zone(archive: Archive, coach: Coach) -> None:
    turn = archive.keep(archive.start("one"), coach.reply([], "в трубке ребёнок"))
    archive.signal(turn, HELPED)
    archive.judge(turn, RIGHT, "", "one", seen_revision=0)
    history = History(archive)
    lesson = history.add_lesson("one", "rights", ("a", "b"), question="дай номер")
    history.mark_undone(lesson, "one", "a")
    answer, judged, taught = archive.export("one")
    taught = taught["taught"]
    moments = [answer["asked_at"], answer["signals"][0]["at"], judged["judged"]["at"]]
    for moment in [*moments, taught["at"], taught["undone_at"]]:
        assert datetime.fromisoformat(moment).utcoffset() == timedelta(0)
