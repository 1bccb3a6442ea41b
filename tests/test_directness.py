"""Whether a shown card answers the question, and with which of its lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from coach.answering.directness import Directness, DirectnessCheck
from coach.coaching import Coach
from coach.instruction.knowledge import Knowledge, load_knowledge
from coach.settings import PROJECT_FOLDER
from coach.texts import text

LABELLED = Path(__file__).with_name("labelled") / "direct.yaml"
LEAST_DIRECT, LEAST_EXACT = 0.9, 0.85  # direct or not, and the very line
GENERAL, NONE = "general", "none"


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge(PROJECT_FOLDER / "knowledge", is_published=True)


@pytest.fixture(scope="module")
def check(knowledge: Knowledge) -> DirectnessCheck:
    return DirectnessCheck(knowledge)


def name_of(found: Directness, name: str, knowledge: Knowledge) -> str:
    """The answer as the labels name it: a line, the whole topic, or nothing."""
    if not found.is_direct:
        return NONE
    if not found.lines:
        return GENERAL
    one = knowledge.situations[name]
    sections = (("do", one.do), ("avoid", one.avoid))
    names = {i.text: f"{kind}{n}" for kind, items in sections for n, i in enumerate(items, 1)}
    return names[found.lines[0]]


@pytest.mark.parametrize("part", ["blind", "seen"])
def test_topic_questions_are_told_apart_by_whether_a_line_answers(
    part: str, check: DirectnessCheck, knowledge: Knowledge
) -> None:
    rows: dict[str, Any] = yaml.safe_load(LABELLED.read_text(encoding="utf-8"))[part]
    judged = []
    for name, questions in rows.items():
        for row in questions:
            wanted = row["answer"] if isinstance(row["answer"], list) else [row["answer"]]
            found = check.check(row["question"], knowledge.situations[name])
            judged.append((wanted, name_of(found, name, knowledge)))
    direct = sum((found == NONE) == (NONE in wanted) for wanted, found in judged) / len(judged)
    exact = sum(found in wanted for wanted, found in judged) / len(judged)
    assert len(judged) >= 40
    assert direct >= LEAST_DIRECT
    assert exact >= LEAST_EXACT


@pytest.mark.parametrize(
    "question", ["имею ли я право на обед", "имею ли я право отказать клиенту"]
)
def test_a_topic_card_that_does_not_answer_says_so(coach: Coach, question: str) -> None:
    reply = coach.reply_with(question, "rights")
    assert (reply.answered, reply.direct) == (True, False)
    assert text("card.not_direct_about", about="правах") in reply.text
    assert reply.situations[0].lead == text("card.not_direct_about", about="правах")
    assert not any(line.answers for line in reply.do)


def test_who_somebody_is_called_is_not_answered_by_whom_one_is_subordinate_to(
    coach: Coach,
) -> None:
    reply = coach.reply_with("как зовут координатора", "duties")
    assert not reply.direct
    assert reply.situations[0].lead == text("card.not_direct_about_vowel", about="обязанностях")


@pytest.mark.parametrize(
    ("question", "topic", "line"),
    [
        ("кому я подчиняюсь", "duties", "Оператор подчиняется начальнику"),
        ("могу ли я обращаться в другие отделы", "rights", "Можно взаимодействовать с другими"),
    ],
)
def test_the_line_that_answers_is_marked_and_stands_first(
    coach: Coach, question: str, topic: str, line: str
) -> None:
    reply = coach.reply_with(question, topic)
    assert reply.direct
    assert reply.do[0].text.startswith(line)
    assert [one.answers for one in reply.do] == [True, *[False] * (len(reply.do) - 1)]
    first = text("card.answer", line=reply.do[0].text)
    assert reply.text.index(first) < reply.text.index(reply.do[1].text)


def test_a_prohibition_that_answers_stands_above_the_other_lines(coach: Coach) -> None:
    reply = coach.reply_with("отвечаю ли я за материальный ущерб", "liability")
    (answer,) = [one for one in reply.avoid if one.answers]
    assert reply.avoid[0] == answer
    assert reply.text.index(answer.text) < reply.text.index(reply.do[0].text)


def test_a_question_about_the_whole_topic_is_answered_by_all_lines(coach: Coach) -> None:
    reply = coach.reply_with("какие у меня права", "rights")
    assert reply.direct
    assert reply.situations[0].lead is None
    assert not any(line.answers for line in reply.do)


def test_a_request_that_the_situation_does_not_speak_of_is_not_answered_directly(
    coach: Coach,
) -> None:
    reply = coach.reply_with("соедините с начальником", "boss_phone")
    assert (reply.answered, reply.direct) == (True, False)
    assert text("card.not_direct_about", about="телефоне руководства") in reply.text
    assert reply.say
    assert coach.reply_with("требует телефон начальника", "boss_phone").direct


def test_what_the_question_was_understood_as_is_looked_at(coach: Coach) -> None:
    reply = coach.reply([], "какие у миня прова")
    assert reply.answered
    assert reply.direct
