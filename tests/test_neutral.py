"""The neutral form: what changes nothing about a message's matter is not seen."""

from __future__ import annotations

import pytest

from coach.coaching import Coach
from coach.language.neutral import neutral_form


@pytest.mark.parametrize(
    ("message", "neutral"),
    [
        ("Здравствуйте, клиент слишком медленно говорит, что делать?", "медленно говорит"),
        ("абонент уже 5 минут хамит, подскажите, как быть", "хамит"),
        ("что ему на это правильно ответить: он говорит «я вас найду»", "говорит «я вас найду»"),
        ("новый звонок: ребёнок", "ребенок"),
        ("клиента оскорбили", "клиент оскорбили"),
    ],
)
def test_neutral_words_are_taken_out(message: str, neutral: str) -> None:
    assert neutral_form(message) == neutral


@pytest.mark.parametrize("message", ["что делать", "он", "здравствуйте", "клиент"])
def test_a_message_of_neutral_words_alone_stays(message: str) -> None:
    assert neutral_form(message) == message


@pytest.mark.parametrize(
    ("message", "situation"),
    [
        ("клиент угрожает", "threats_insults"),
        ("мне нехорошо", "operator_unwell"),
        ("клиент меня сильно оскорбляет, что делать", "threats_insults"),
        ("здравствуйте, мне сегодня угрожают по телефону", "threats_insults"),
        ("клиент слишком медленно говорит", "slow_speaker"),
        ("мне плохо", "operator_unwell"),
        ("говорит не по теме", "personal_offtopic"),
        ("разговор абонента имеет косвенное отношение к консультации", "indirect_talk"),
        ("клиент Иванов Пётр Сергеевич, телефон 89161234567, матерится", "threats_insults"),
    ],
)
def test_plain_words_of_a_situation_get_its_card(
    coach: Coach, message: str, situation: str
) -> None:
    reply = coach.reply([], message)
    assert reply.answered
    assert reply.situations[0].id == situation


def test_two_plain_situations_get_both_cards(coach: Coach) -> None:
    reply = coach.reply([], "мне плохо и клиент угрожает")
    assert {one.id for one in reply.situations} == {"operator_unwell", "threats_insults"}


@pytest.mark.parametrize("situation", ["boss_phone", "threats_insults", "child_caller"])
def test_the_words_of_a_button_get_its_card(coach: Coach, situation: str) -> None:
    known = coach.knowledge.situations[situation]
    for words in filter(None, (known.title, known.quick)):
        reply = coach.reply([], words)
        assert reply.answered
        assert reply.situations[0].id == situation
