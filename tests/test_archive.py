"""The archive: answers as first shown, opinions, verdicts; masked, and lost to nobody."""

from __future__ import annotations

import json
import sqlite3
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import event, update
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from coach.answering.reply import AdviceSentence, DroppedSentence, read_reply
from coach.archive.archive import Archive
from coach.archive.database import MIGRATIONS
from coach.archive.hiding import hide_private
from coach.archive.history import History
from coach.archive.needs import CRITICAL, FALSE, HELPED, MISSING, NOT_HELPED, OPENED, RIGHT, WRONG
from coach.archive.people import KeptOperator
from coach.archive.tables import ConversationRow, TurnRow, now
from coach.coaching import Coach
from coach.errors import ArchiveError, StaleError
from coach.serving import forget_daily
from tests.conftest import make_settings

PRIVATE = "клиент Иванов требует телефон директора, 8 916 204-17-38"


def test_a_conversation_comes_back_with_the_citations_as_first_shown(
    archive: Archive, url: str, coach: Coach
) -> None:
    name = archive.start("operator")
    first = coach.reply([], "клиент требует телефон директора")
    second = coach.reply([first], "а если не согласится?")
    ids = [archive.keep(name, reply) for reply in (first, second)]
    again = Archive(url).conversation(name, "operator")
    assert list(again.items()) == list(zip(ids, [first, second], strict=True))
    assert again[ids[0]].citations == first.citations


def test_nobody_reads_anothers_conversation(archive: Archive, coach: Coach) -> None:
    name = archive.start("one")
    archive.keep(name, coach.reply([], "в трубке ребёнок"))
    assert archive.conversation(name, "other") == {}
    assert archive.conversation("nonsense' or 1=1", "one") == {}
    assert len(archive.conversation(name, "one")) == 1


def test_private_data_is_never_written(archive: Archive, coach: Coach) -> None:
    reply = replace(
        coach.reply([], PRIVATE),
        model="x",
        advice=(AdviceSentence("Раз Иванов требует, запишите [3].", (3,)),),
        dropped=(
            DroppedSentence("Звоните 8 916 204-17-38", "number", "8"),
            DroppedSentence("Иванов всегда недоволен", "unsupported", "иванов"),
            DroppedSentence("Запишите жалобы", "unsupported", "жалоба"),
        ),
    )
    assert "иванов" in reply.evidence[0].words
    archive.keep(archive.start("operator"), reply)
    with archive._engine.connect() as connection:
        rows = connection.execute(sql("select question, cast(reply as text) from turns"))
        stored = "\n".join(map(str, rows)).lower()
    for secret in ("иванов", "204-17-38", "\\u0432\\u0430\\u043d\\u043e\\u0432"):
        assert secret not in stored
    hidden = hide_private(reply)
    assert set(hidden.evidence[0].words) == {*reply.evidence[0].words} - {"иванов"}
    assert hidden.citations == reply.citations
    assert hidden.advice
    assert "[ИМЯ_1]" in hidden.advice[0].text
    assert "[ТЕЛЕФОН_1]" in hidden.question
    assert "[ТЕЛЕФОН_1]" in hidden.dropped[0].text
    assert [one.detail for one in hidden.dropped] == ["", "", "жалоба"]


def test_a_reply_survives_being_written_as_json(coach: Coach) -> None:
    for message in ("мои обязанности", "какая скидка", "орёт и просит директора", ""):
        reply = coach.reply([], message)
        assert read_reply(reply.to_json()) == reply


def test_the_models_words_replace_the_card_that_was_kept(archive: Archive, coach: Coach) -> None:
    name = archive.start("operator")
    card = coach.reply([], "в трубке ребёнок")
    first = archive.keep(name, card)
    said = replace(card, model="x", advice=(AdviceSentence("Да [1].", (1,)),))
    assert archive.keep(name, said, first) == first
    (kept,) = archive.conversation(name, "operator").values()
    assert kept.advice == said.advice


def test_two_tabs_on_one_conversation_lose_nothing(
    archive: Archive, url: str, coach: Coach
) -> None:
    other = Archive(url)
    name = archive.start("operator")
    asked = ["в трубке ребёнок", "мне плохо", "говорит медленно", "орёт"]
    for tab, question in zip((archive, other) * 2, asked, strict=True):
        tab.keep(name, coach.reply([], question))
    kept = archive.conversation(name, "operator").values()
    assert [one.question for one in kept] == asked


def test_an_answer_of_a_forgotten_conversation_is_told(archive: Archive, coach: Coach) -> None:
    name = archive.start("operator")
    reply = coach.reply([], "в трубке ребёнок")
    first = archive.keep(name, reply)
    archive.forget("operator")
    with pytest.raises(StaleError):
        archive.keep(name, reply, first)


def test_the_queue_is_ordered_by_need(archive: Archive, coach: Coach) -> None:
    name = archive.start("operator")
    asked = ["в трубке ребёнок", "Какая Скидка будет", "мне плохо", "говорит медленно"]
    turns = [archive.keep(name, coach.reply([], one)) for one in asked]
    archive.signal(turns[0], HELPED)
    archive.signal(turns[2], NOT_HELPED)
    archive.signal(turns[3], WRONG, "partly_heard")
    archive.signal(turns[0], OPENED)
    found = archive.queue(10)
    assert [one.id for one in found] == [turns[3], turns[2], turns[1], turns[0]]
    assert found[0].situation == "partly_heard"
    assert found[3].signals == (HELPED, OPENED)
    assert [one.id for one in archive.queue(10, words="СКИДКА")] == [turns[1]]
    archive.signal(turns[3], HELPED)
    assert archive.queue(10)[0].id == turns[2]


def test_an_old_answer_in_need_is_found_before_the_limit(archive: Archive, coach: Coach) -> None:
    name = archive.start("operator")
    turns = [archive.keep(name, coach.reply([], "в трубке ребёнок")) for _ in range(5)]
    archive.signal(turns[0], WRONG)
    assert [one.id for one in archive.queue(2)] == [turns[0], turns[4]]
    archive.signal(turns[0], HELPED)
    assert [one.id for one in archive.queue(2)] == [turns[4], turns[3]]
    assert archive.queue_length() == 5


def test_the_models_words_change_the_need_and_what_was_said_stays(
    archive: Archive, coach: Coach
) -> None:
    name, card = archive.start("operator"), coach.reply([], "в трубке ребёнок")
    turns = [archive.keep(name, card) for _ in range(2)]
    archive.signal(turns[1], MISSING)
    said = replace(card, model="x", dropped=(DroppedSentence("Звоните", "unsupported", ""),))
    for turn in turns:
        archive.keep(name, said, turn)
    assert [(one.id, one.need) for one in archive.queue(5)] == [(turns[1], 4), (turns[0], 1)]
    assert archive.queue_length(kind="dropped") == 2


def test_somebody_looks_at_each_danger(archive: Archive, coach: Coach) -> None:
    name = archive.start("operator")
    danger = coach.reply([], "мне плохо с сердцем умираю")
    assert danger.refusal == "danger"
    asked = [danger, coach.reply([], "какая скидка на диван"), coach.reply([], "говорит медленно")]
    turns = [archive.keep(name, one) for one in asked]
    archive.signal(turns[2], MISSING)
    assert [one.id for one in archive.queue(5)] == [turns[0], turns[2], turns[1]]


def test_the_queue_is_searched_and_filtered_behind_the_limit(
    archive: Archive, coach: Coach
) -> None:
    name = archive.start("operator")
    child, refused = coach.reply([], "в трубке ребёнок"), coach.reply([], "какая скидка")
    assert refused.refusal
    unsure = replace(refused, refusal=None, question="Ещё 5_0% \\ скидки")
    turns = [archive.keep(name, one) for one in (unsure, refused, child, child)]
    archive.signal(turns[2], OPENED)

    def found(**wanted: str) -> list[int]:
        queue = archive.queue(1, **wanted)
        assert archive.queue_length(**wanted) >= len(queue)
        return [one.id for one in queue]

    assert found(words="ЕЩЕ 5_0% \\") == [turns[0]]
    assert found(words="%") == found(words="_") == found(words="\\") == [turns[0]]
    assert found(words="5__%") == []
    assert found(situation="child_caller") == [turns[3]]
    assert archive.queue_length(situation="child_caller") == 2
    assert found(situation="child") == []
    assert found(situation="child%") == []
    assert found(kind=OPENED) == [turns[2]]
    assert found(kind="unsure") == [turns[0]]
    assert found(kind="refused") == [turns[1]]
    assert found(kind="dropped") == []


def test_the_latest_questions_come_once_each_judged_or_not(archive: Archive, coach: Coach) -> None:
    name = archive.start("operator")
    asked = ("в трубке ребёнок", "мне плохо", "говорит медленно", "мне плохо")
    turns = [archive.keep(name, coach.reply([], one)) for one in asked]
    archive.judge(turns[3], RIGHT, "", "Ирина", 0)
    assert archive.latest_questions(2) == ["мне плохо", "говорит медленно"]
    kept = archive.kept(turns[3])
    assert kept is not None
    assert (kept.reply.question, kept.verdict) == ("мне плохо", RIGHT)
    assert archive.kept(10_000) is None


def test_two_trainers_never_lose_each_others_work(archive: Archive, coach: Coach) -> None:
    turn = archive.keep(archive.start("operator"), coach.reply([], "в трубке ребёнок"))
    archive.judge(turn, RIGHT, "", "first", seen_revision=0)
    with pytest.raises(StaleError, match="first"):
        archive.judge(turn, FALSE, "нет", "second", seen_revision=0)
    (kept,) = archive.queue(5, judged=True)
    assert (kept.verdict, kept.trainer, kept.revision) == (RIGHT, "first", 1)
    archive.judge(turn, CRITICAL, "вред", "second", seen_revision=1)
    (judged,) = archive.queue(5, judged=True)
    assert (judged.verdict, judged.note, judged.revision) == (CRITICAL, "вред", 2)
    assert archive.queue(5) == []


@pytest.mark.parametrize("seen", [0, 1])
def test_a_verdict_between_anothers_look_and_write_is_not_lost(
    archive: Archive, url: str, coach: Coach, seen: int
) -> None:
    other = Archive(url)  # as in another process: nothing is shared but the database
    turn = archive.keep(archive.start("operator"), coach.reply([], "в трубке ребёнок"))
    if seen:
        archive.judge(turn, RIGHT, "", "first", seen_revision=0)
    writes, came = ("INSERT INTO verdicts", "UPDATE verdicts"), list[int]()

    def cut_in(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith(writes) and not came:
            came.append(turn)
            other.judge(turn, CRITICAL, "вред", "second", seen)

    event.listen(archive._engine, "before_cursor_execute", cut_in)
    with pytest.raises(StaleError, match="second"):
        archive.judge(turn, FALSE, "нет", "first", seen)
    (kept,) = archive.queue(5, judged=True)
    assert (kept.verdict, kept.trainer, kept.revision) == (CRITICAL, "second", seen + 1)


def test_a_verdict_on_a_forgotten_answer_is_told(archive: Archive, coach: Coach) -> None:
    turn = archive.keep(archive.start("operator"), coach.reply([], "в трубке ребёнок"))
    archive.forget("operator")
    for seen in (0, 1):
        with pytest.raises(StaleError, match="кто-то другой"):
            archive.judge(turn, FALSE, "", "trainer", seen)


def test_a_verdicts_note_is_masked(archive: Archive, coach: Coach) -> None:
    turn = archive.keep(archive.start("operator"), coach.reply([], "в трубке ребёнок"))
    note = "клиент Иванов, 8 916 204-17-38, просил другое"
    archive.judge(turn, FALSE, note, "trainer", seen_revision=0)
    (kept,) = archive.queue(5, judged=True)
    assert kept.note == "клиент [ИМЯ_1], [ТЕЛЕФОН_1], просил другое"


def test_many_sessions_write_at_once(archive: Archive, coach: Coach) -> None:
    reply = coach.reply([], "в трубке ребёнок")
    faults: list[Exception] = []

    def work() -> None:
        try:
            name = archive.start("operator")
            for _ in range(10):
                archive.signal(archive.keep(name, reply), HELPED)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(archive.queue(1000)) == 80


def test_of_opinions_that_come_at_once_one_counts(archive: Archive, coach: Coach) -> None:
    turn = archive.keep(archive.start("operator"), coach.reply([], "в трубке ребёнок"))
    faults: list[Exception] = []

    def work(kind: str) -> None:
        try:
            for _ in range(10):
                archive.signal(turn, kind)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(kind,)) for kind in (HELPED, WRONG) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    (kept,) = archive.queue(5)
    assert len(kept.signals) == 1
    assert kept.need == (6 if kept.signals == (WRONG,) else 0)


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


def test_old_conversations_are_forgotten(archive: Archive, coach: Coach) -> None:
    old, new = archive.start("operator"), archive.start("operator")
    for name in (old, new):
        archive.keep(name, coach.reply([], "в трубке ребёнок"))
    with Session(archive._engine) as session, session.begin():
        past = now() - timedelta(days=100)
        session.execute(
            update(ConversationRow).where(ConversationRow.id == old).values(started_at=past)
        )
    assert archive.forget_older(90) == 1
    assert archive.conversation(old, "operator") == {}
    assert archive.conversation(new, "operator") != {}


def test_a_locked_database_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.archive.database.BUSY_SECONDS", 0.1)
    path = tmp_path / "coach.db"
    archive = Archive(f"sqlite:///{path}")
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("begin exclusive")
        with pytest.raises(ArchiveError, match="Карточки работают"):
            archive.start("operator")
        other.execute("rollback")
    assert archive.start("operator")


def test_a_full_disk_is_told_and_what_was_kept_stays(tmp_path: Path, coach: Coach) -> None:
    archive = Archive(f"sqlite:///{tmp_path}/coach.db")
    name = archive.start("operator")
    reply = coach.reply([], "в трубке ребёнок")
    archive.keep(name, reply)

    def fill(connection: sqlite3.Connection, _: object) -> None:
        pages = connection.execute("pragma page_count").fetchone()[0]
        connection.execute(f"pragma max_page_count={pages}")

    event.listen(archive._engine, "connect", fill)
    archive._engine.dispose()

    def keep_many() -> None:
        for _ in range(20):
            archive.keep(name, reply)

    with pytest.raises(ArchiveError, match="Карточки работают"):
        keep_many()
    assert archive.conversation(name, "operator")


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "sqlite:////proc/nowhere/x.db",
        "oracle+x://a:secret@c/d",
        "postgresql://a:secret@c:port/d",
        "postgresql://a:b@c:secret@d/e",
        "://a:secret@c:port/d",
        "oracle+x://c/d?password=secret",
    ],
)
def test_a_database_that_cannot_be_is_told(url: str) -> None:
    with pytest.raises(ArchiveError, match="COACH_DATABASE_URL") as caught:
        Archive(url)
    assert "secret" not in str(caught.value)


def test_the_daily_forgetting_survives_a_wrong_address() -> None:
    stop = threading.Event()
    stop.set()
    forget_daily(make_settings(database_url="postgresql://a:b@c:port/d", keep_days=30), stop)


def test_a_broken_database_is_told(archive: Archive, coach: Coach) -> None:
    name = archive.start("operator")
    with archive._engine.begin() as connection:
        connection.execute(sql("drop table signals"))
    turn = archive.keep(name, coach.reply([], "в трубке ребёнок"))
    with pytest.raises(ArchiveError, match="Карточки работают"):
        archive.signal(turn, HELPED)


def test_what_was_kept_before_is_found_after_the_migration(url: str, coach: Coach) -> None:
    danger = coach.reply([], "мне плохо с сердцем умираю")
    child, refused = coach.reply([], "в трубке ребёнок"), coach.reply([], "Ещё скидка")
    unsure = replace(refused, refusal=None)
    dropped = replace(child, dropped=(DroppedSentence("Звоните", "unsupported", ""),))
    doubted = replace(child, situations=(replace(child.situations[0], confidence=0.5),))
    replies = [danger, child, refused, unsure, dropped, doubted, child]
    archive = Archive(url)
    name = archive.start("operator")
    turns = [archive.keep(name, one) for one in replies]
    archive.signal(turns[6], WRONG)
    history = History(archive)
    history.add_lesson("Ирина", "rights", ("a", "b"), question="дай номер")
    history.add_lesson("Ирина", "rights", ("b", "c"), path="situations/rights.md")
    columns = sql("select need, folded, situations, nearest, is_dropped from turns order by id")
    with archive._engine.begin() as connection:
        before = connection.execute(columns).all()
        connection.execute(sql("update lessons set path = '' where question != ''"))
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
    archive = Archive(url)
    with archive._engine.begin() as connection:
        assert connection.execute(columns).all() == before
        assert connection.execute(columns).scalars().all() == [5, 0, 3, 2, 1, 1, 6]
    paths = [one.path for one in History(archive).lessons(5)]
    assert paths == ["situations/rights.md", "questions/rights.txt"]
