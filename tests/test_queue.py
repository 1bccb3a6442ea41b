"""The trainers' queue: what needs them most comes first, however old, and is found by words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text as sql

from coach.answering.reply import DroppedSentence
from coach.archive.archive import Archive
from coach.archive.needs import HELPED, MISSING, NOT_HELPED, OPENED, RIGHT, WRONG
from coach.archive.queue import Wanted
from coach.coaching import Coach


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


@pytest.mark.parametrize("damage", ['\'{"question": "об\'', "'null'", "'{\"say\": 5}'"])
def test_a_damaged_answer_is_named_and_stops_nothing(
    archive: Archive, coach: Coach, damage: str
) -> None:
    name = archive.start("operator")
    bad, good = (archive.keep(name, coach.reply([], one)) for one in ("говорит медленно", "орёт"))
    with archive._engine.begin() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        words = damage if is_sqlite else f"to_json({damage}::text)"
        connection.execute(sql(f"update turns set reply = {words} where id = {bad}"))
    queue = archive.read_queue(10, Wanted())
    assert ([one.id for one in queue.turns], queue.count, queue.unreadable) == ([good], 2, (bad,))
    assert archive.kept(bad) is None
    assert list(archive.conversation(name, "operator")) == [good]
    archive.signal(bad, WRONG)
    assert len(archive.export("operator")) == 2
