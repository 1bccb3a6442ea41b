"""Follow-ups on the real index: the topic is kept, switched, returned to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coach.answering.reply import Reply
from coach.coaching import Coach
from coach.understanding.conversation import (
    TOPIC_FEATURES,
    Topic,
    is_small_talk,
    lean_on_topic,
    mentions_small_talk,
    topic_features,
)
from coach.understanding.recognition import Recognition


def converse(coach: Coach, *messages: str) -> list[Reply]:
    replies: list[Reply] = []
    for message in messages:
        replies.append(coach.reply(replies, message))
    return replies


def shown(reply: Reply) -> list[str]:
    return [one.id for one in reply.situations] if reply.answered else []


@pytest.mark.parametrize(
    "follow_up",
    ["а второй вариант?", "дай дословно", "повтори", "что дальше делать?", "где это написано?"],
)
def test_what_leans_on_the_topic_gets_its_card_again(coach: Coach, follow_up: str) -> None:
    first, second = converse(coach, "в трубке ребёнок", follow_up)
    assert shown(second) == ["child_caller"]
    assert second.citations == first.citations


def test_the_same_words_without_a_topic_are_not_answered_from_thin_air(coach: Coach) -> None:
    (alone,) = converse(coach, "а второй вариант?")
    assert not alone.answered


def test_a_clear_new_situation_switches_the_topic_and_words_return_to_it(coach: Coach) -> None:
    replies = converse(
        coach,
        "клиент требует телефон директора",
        "а если он начнёт оскорблять меня матом?",
        "что дальше?",
        "вернёмся к телефону директора",
    )
    assert [shown(reply)[0] for reply in replies] == [
        "boss_phone", "threats_insults", "threats_insults", "boss_phone",
    ]  # fmt: skip


def test_a_stranger_question_is_refused_and_the_topic_is_kept(coach: Coach) -> None:
    replies = converse(
        coach, "говорит очень медленно", "какая завтра погода в Туле", "спасибо", "повтори дословно"
    )
    assert [reply.refusal for reply in replies] == [None, "not_in_instruction", "small_talk", None]
    assert shown(replies[3]) == ["slow_speaker"]


@pytest.mark.parametrize(
    "message", ["спасибо", "ок, понял", "Спасибо большое!", "добрый день", "прив"]
)
def test_thanks_and_greetings_are_small_talk(coach: Coach, message: str) -> None:
    assert is_small_talk(message)
    (reply,) = converse(coach, message)
    assert (reply.refusal, reply.choices, reply.understood_as) == ("small_talk", (), None)


@pytest.mark.parametrize("message", ["спасибо, а если ребёнок?", "дословно", "", "директор"])
def test_a_question_is_not_small_talk(message: str) -> None:
    assert not is_small_talk(message)


def test_a_long_conversation_is_still_quick(coach: Coach) -> None:
    replies = converse(coach, *["в трубке ребёнок", "повтори"] * 100)
    assert all(shown(reply) == ["child_caller"] for reply in replies)
    assert max(reply.elapsed_ms for reply in replies) < 1000


def test_numbers_alone_do_not_bring_the_card_back(coach: Coach) -> None:
    _, second = converse(coach, "в трубке ребёнок", "123 456")
    assert not second.answered


def test_a_situation_that_was_removed_meanwhile_is_no_topic(coach: Coach) -> None:
    (first,) = converse(coach, "в трубке ребёнок")
    removed = replace(first, situations=(replace(first.situations[0], id="removed"),))
    assert not coach.reply([removed], "а второй вариант?").answered


def test_a_follow_up_is_set_against_the_words_of_the_cards() -> None:
    alone = Recognition("ну а заявку записывать?", (("b", 0.6), ("a", 0.1)), 0.0, 0.2, 1.5)
    topic = Topic(("a",), (), {"a": frozenset({"заявк", "запис"}), "b": frozenset({"заявк"})})
    seen = dict(zip(TOPIC_FEATURES, topic_features(alone, topic).tolist(), strict=True))
    assert (seen["shared"], seen["shared_rival"]) == (1.0, 0.5)
    assert seen["other"] > 0 > seen["topic"]
    assert (seen["follow_up"], seen["leans"], seen["points"]) == (1.5, 1.0, 0.0)


def test_a_likely_follow_up_brings_the_topic_back_and_an_unlikely_one_does_not() -> None:
    cards = {"a": frozenset[str](), "b": frozenset[str]()}
    topic = Topic(("a",), (("первый вопрос", ("a",)),), cards)
    likely = Recognition("и прям трубку класть", (("b", 0.05), ("a", 0.04)), 0.0, 0.1, 6.0)
    assert lean_on_topic(likely, topic).confidences[0][0] == "a"
    new = Recognition("клиент требует скидку громко", (("b", 0.97), ("a", 0.01)), 0.0, 0.0, -6.0)
    assert lean_on_topic(new, topic).confidences[0][0] == "b"
    foreign = Recognition("какая погода в туле", (("b", 0.01), ("a", 0.01)), 0.0, 0.97, -6.0)
    assert lean_on_topic(foreign, topic).not_answered > 0.8


def test_thanks_among_other_words_are_small_talk_only_when_nothing_is_asked(coach: Coach) -> None:
    replies = converse(coach, "в трубке ребёнок", "ура, спасибо")
    assert replies[1].refusal == "small_talk"
    assert mentions_small_talk("уф, спасибо")
    assert not mentions_small_talk("спасибо, а скидку ему дать?")
