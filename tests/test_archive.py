"""The archive: answers as first shown, opinions, verdicts; masked, and lost to nobody."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import event
from sqlalchemy import text as sql

from coach.answering.reply import AdviceSentence, DroppedSentence, read_reply
from coach.archive.archive import Archive
from coach.archive.hiding import hide_private
from coach.archive.needs import CRITICAL, FALSE, HELPED, RIGHT, WRONG
from coach.coaching import Coach
from coach.errors import GoneError, StaleError
from coach.language.repair import shorten

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


def test_of_a_very_long_question_what_was_read_is_kept(archive: Archive, coach: Coach) -> None:
    question = "в трубке ребёнок " + "а " * 50_000
    name = archive.start("one")
    archive.keep(name, coach.reply([], question))
    assert [one.question for one in archive.conversation(name, "one").values()] == [
        shorten(question)
    ]


def test_nobody_reads_anothers_conversation(archive: Archive, coach: Coach) -> None:
    name = archive.start("one")
    archive.keep(name, coach.reply([], "в трубке ребёнок"))
    assert archive.conversation(name, "other") == {}
    assert archive.conversation("nonsense' or 1=1", "one") == {}
    assert len(archive.conversation(name, "one")) == 1


def test_private_data_is_never_written(archive: Archive, coach: Coach) -> None:
    card = coach.reply([], PRIVATE)
    evidence = replace(card.evidence[0], words=(*card.evidence[0].words, "иванов"))
    reply = replace(
        card,
        evidence=(evidence, *card.evidence[1:]),
        model="x",
        advice=(AdviceSentence("Раз Иванов требует, запишите [3].", (3,)),),
        dropped=(
            DroppedSentence("Звоните 8 916 204-17-38", "number", "8"),
            DroppedSentence("Иванов всегда недоволен", "unsupported", "иванов"),
            DroppedSentence("Запишите жалобы", "unsupported", "жалоба"),
        ),
    )
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
    for turn in (None, first):
        with pytest.raises(GoneError, match="удалён"):
            archive.keep(name, reply, turn)
    with pytest.raises(GoneError):
        archive.signal(first, HELPED)


def test_a_number_that_is_given_anew_is_not_taken_for_the_deleted_answer(
    archive: Archive, coach: Coach
) -> None:
    gone, live = archive.start("one"), archive.start("other")
    turn = archive.keep(live, coach.reply([], "в трубке ребёнок"))
    with pytest.raises(GoneError):
        archive.signal(turn, WRONG, conversation=gone)
    again = archive.keep(gone, coach.reply([], "мне плохо"), turn)
    assert again != turn
    (kept,) = archive.conversation(live, "other").values()
    assert kept.question == "в трубке ребёнок"
    archive.signal(turn, HELPED, conversation=live)
    assert {one.id: one.signals for one in archive.queue(5)} == {turn: (HELPED,), again: ()}


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
