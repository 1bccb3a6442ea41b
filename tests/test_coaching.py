"""The whole road on the real index: the obvious questions, refusals, odd input."""

from __future__ import annotations

import random
import re
import time

import pytest

from coach.coaching import Coach
from coach.index.build import card_questions
from coach.safety.encoder import DangerEncoder
from coach.settings import PROJECT_FOLDER
from coach.understanding.decision import DANGER

RECEIVED = (
    (PROJECT_FOLDER / "knowledge/instruction/operator-instruction.txt").read_bytes().decode("utf-8")
)
OBVIOUS = {
    "boss_phone": ("Клиент требует номер директора, что сказать?", "предоставить такую информацию"),
    "threats_insults": ("что сказать если абонент оскорбляет меня матом", "в подобном ключе"),
    "child_caller": ("что говорить, если позвонил ребёнок", "сколько Вам лет"),
    "aggressive_complaint": ("клиент орёт, что товар бракованный", "отдел контроля качества"),
    "personal_offtopic": ("абонент задаёт мне личные вопросы", "как я могу к Вам обращаться"),
    "partly_heard": ("я не расслышала часть вопроса клиента", "Правильно ли я понимаю"),
    "operator_unwell": ("мне резко стало трудно говорить, плохо себя чувствую", "Минуту"),
    "indirect_talk": ("абонент долго говорит вокруг да около, вопроса нет", "цель Вашего звонка"),
    "slow_speaker": ("абонент очень медленно говорит", "просить клиента говорить быстрее"),
    "duties": ("какие у оператора прямые обязанности", "принимать звонки"),
    "rights": ("какие права есть у оператора", "взаимодействовать с другими отделами"),
    "liability": ("за что оператор может понести наказание", "материальный ущерб"),
    "cold_calls": ("чем холодные звонки отличаются от горячей линии", "больше свободы"),
}
ODD = [
    "а" * 50_000,
    "дай телефон директора " * 2500,
    "\x00\x01\x1b[31m\u202e\u200f",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "Robert'); DROP TABLE questions;--",
    "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ=",
    "https://example.org/?q=1",
    "Z͑ͫ̓a̴͡l͜g̀o",
    "مرحبا كيف الحال",
    "what's the weather in London",
    "{question} %s {0} \\",
    "\ud800 сломанный символ",
]


@pytest.mark.parametrize("name", OBVIOUS)
def test_an_obvious_question_gets_its_phrase_and_an_exact_citation(coach: Coach, name: str) -> None:
    question, expected = OBVIOUS[name]
    reply = coach.reply([], question)
    assert reply.answered
    assert reply.situations[0].id == name
    shown = [one.text for one in (*reply.say, *reply.do, *reply.avoid)]
    assert any(expected.lower() in words.lower() for words in shown)
    assert reply.citations
    for citation in reply.citations:
        assert RECEIVED[citation.start : citation.end] == citation.quote
    numbers = {one.number for one in reply.citations}
    assert {one.citation for one in (*reply.say, *reply.do, *reply.avoid)} <= numbers
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("name", OBVIOUS)
def test_text_carries_every_item_and_every_citation(coach: Coach, name: str) -> None:
    reply = coach.reply_with("вопрос", name)
    lines = reply.text.splitlines()
    for item in (*reply.say, *reply.do, *reply.avoid):
        assert any(item.text in line and line.endswith(f"[{item.citation}]") for line in lines)
    for citation in reply.citations:
        assert " ".join(citation.quote.split()) in reply.text


@pytest.mark.parametrize(
    "question", ["какую скидку дать клиенту", "как сварить борщ", "когда дадут зарплату"]
)
def test_what_the_instruction_does_not_answer_is_refused(coach: Coach, question: str) -> None:
    reply = coach.reply([], question)
    assert not reply.answered
    assert reply.refusal == "not_in_instruction"
    assert "супервайзер" in reply.text
    assert len(reply.choices) == 3
    assert (reply.say, reply.do, reply.avoid, reply.citations) == ((), (), (), ())


def test_an_off_topic_question_after_a_good_one_is_refused(coach: Coach) -> None:
    first = coach.reply([], "клиент требует телефон директора")
    assert first.answered
    assert not coach.reply([first], "какая завтра погода").answered


@pytest.mark.parametrize("question", ["", "   ", "\n\t"])
def test_an_empty_question_is_asked_for(coach: Coach, question: str) -> None:
    reply = coach.reply([], question)
    assert (reply.answered, reply.refusal, reply.choices) == (False, "no_question", ())


@pytest.mark.parametrize("question", ["😀😀", "…!?", "— — —"])
def test_a_question_without_words_is_refused(coach: Coach, question: str) -> None:
    assert coach.reply([], question).refusal == "no_words"


@pytest.mark.parametrize("question", ODD, ids=range(len(ODD)))
def test_odd_input_gets_a_quick_honest_reply(coach: Coach, question: str) -> None:
    started = time.perf_counter()
    reply = coach.reply([], question)
    assert time.perf_counter() - started < 1
    assert reply.question == question
    assert reply.text
    if reply.answered:
        assert reply.situations[0].id == "boss_phone"


def test_a_bank_question_asked_verbatim_is_never_refused(coach: Coach) -> None:
    asked = [
        q
        for q in coach.knowledge.questions
        if q.situation_ids[0] in coach.knowledge.situations and len(q.text) > 8
    ][::40]
    assert len(asked) > 50
    refused = [q.text for q in asked if coach.reply([], q.text).refusal not in (None, DANGER)]
    assert refused == []


def test_the_same_question_gets_the_same_reply(coach: Coach) -> None:
    first, second = (coach.reply([], "ребёнок матерится в трубку").to_json() for _ in range(2))
    for reply in (first, second):
        reply.pop("elapsed_ms")
    assert first == second


def test_a_picked_choice_is_answered_with_its_card(coach: Coach) -> None:
    reply = coach.reply_with("непонятно что", "rights")
    assert reply.answered
    assert [one.id for one in reply.situations] == ["rights"]
    with pytest.raises(KeyError):
        coach.reply_with("вопрос", "nobody")


def test_two_subordination_places_are_shown_and_not_blended(coach: Coach) -> None:
    reply = coach.reply([], "есть ли у меня подчинённые")
    assert reply.situations[0].id == "duties"
    quotes = [reply.citation(number).quote for number in reply.conflicts[0].citations]
    assert "Отсутствуют" in quotes[0]
    assert "в подчинении" in quotes[1]


def test_two_cards_are_numbered_in_the_order_they_are_read(coach: Coach) -> None:
    reply = coach.reply([], "клиент требует телефон директора и орёт на меня матом, тварью обозвал")
    assert {one.id for one in reply.situations} == {"boss_phone", "threats_insults"}
    seen = re.findall(r"\[(\d+)\]", reply.text.split("Источники")[0])
    first_seen = list(dict.fromkeys(map(int, seen)))
    assert first_seen == sorted(first_seen)
    for situation in reply.situations:
        assert [one for one in reply.say if one.situation == situation.id]


def test_of_two_cards_the_more_urgent_comes_first(coach: Coach) -> None:
    reply = coach.reply([], "требует номер директора, а у меня самой пропал голос, еле сиплю")
    assert [one.id for one in reply.situations] == ["operator_unwell", "boss_phone"]
    assert [one.situation for one in reply.evidence] == ["operator_unwell", "boss_phone"]
    urgencies = [coach.knowledge.situations[one.id].urgency for one in reply.situations]
    assert urgencies == sorted(urgencies)


def test_a_reply_says_why(coach: Coach) -> None:
    reply = coach.reply([], "клиент требует телефон директора")
    (evidence,) = reply.evidence
    assert evidence.situation == "boss_phone"
    assert {"телефон", "директора"} & set(evidence.words)
    bank = {q.text: q.situation_ids for q in coach.knowledge.questions}
    bank |= {q.text: q.situation_ids for q in card_questions(coach.knowledge.situations.values())}
    assert evidence.questions
    assert all("boss_phone" in bank[question] for question in evidence.questions)
    assert coach.reply([], "какую скидку дать клиенту").evidence == ()


def test_confidence_is_a_probability(coach: Coach) -> None:
    for question in ("требует телефон директора", "ребёнок матерится", "алё что", "рецепт борща"):
        reply = coach.reply([], question)
        assert all(0 <= one.confidence <= 1 for one in reply.situations)


def test_what_stands_in_the_bank_is_not_bent_to_the_topic(coach: Coach) -> None:
    topic = coach.reply([], "услышал только часть вопроса")
    taught = next(
        one.text for one in coach.knowledge.questions if one.situation_ids == ("slow_speaker",)
    )
    reply = coach.reply([topic], taught)
    assert [one.id for one in reply.situations] == [
        one.id for one in coach.reply([], taught).situations
    ]


LONG = (
    "a", "а", "8", "@", ".", "-", " ", "aя", "а ", "a ", "1 а ", "не", "privet", "ghbdtn ", "а-",
    "*а ", "теория ", "11-11-11 ", "ﷺ", "мне плохо ", "йцукенгшщз", "[ИМЯ_1]", "\n", "а@", ";'",
)  # fmt: skip
MOST_SECONDS = 0.3


@pytest.fixture
def reading(coach: Coach, monkeypatch: pytest.MonkeyPatch) -> Coach:
    """A warm coach without the danger encoder, which reads so many pieces and has its own times."""
    monkeypatch.setattr(DangerEncoder, "logits", lambda self, texts: [-9.0] * len(texts))
    coach.reply([], "клиент требует тлефон директора")
    return coach


@pytest.mark.parametrize("unit", LONG)
def test_a_message_of_any_length_is_answered_at_once(reading: Coach, unit: str) -> None:
    earlier = reading.reply([], "в трубке ребёнок")
    for length in (1_400, 100_000):
        message = (unit * length)[:length]
        for conversation in ([], [earlier]):
            started = time.process_time()
            reply = reading.reply(conversation, message)
            assert time.process_time() - started < MOST_SECONDS
            assert reply.question == message


def test_many_unknown_words_are_answered_at_once(reading: Coach) -> None:
    letters = random.Random(1)
    words = ["".join(letters.choices("бвгджзклмнаеиоу", k=7)) for _ in range(12_000)]
    started = time.process_time()
    reading.reply([], " ".join(words))
    assert time.process_time() - started < MOST_SECONDS
