"""The load on the served page: each session gets the answers to its own questions."""

from __future__ import annotations

import asyncio
import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from coach.coaching import Coach
from eval.load import Load, Measured, choose_questions, describe, put_load
from eval.page_session import LOST, NO_CARD, Answer, PageSession, read_fault_words
from eval.served_page import ServedPage, run_page

SMALL = Load(sessions=3, every=0.2, seconds=0.6)
ASKED = (
    "клиент требует телефон директора",
    "в трубке ребёнок",
    "мне стало плохо, не могу говорить",
)


@pytest.fixture(scope="module")
def page(coach: Coach) -> Iterator[ServedPage]:
    with run_page() as served:
        yield served


def test_every_session_gets_the_answers_to_its_own_questions(
    page: ServedPage, coach: Coach
) -> None:
    async def ask_at_once() -> list[list[Answer]]:
        sessions = [PageSession(page.address) for _ in ASKED]
        await asyncio.gather(*(one.open() for one in sessions))

        async def ask(number: int) -> list[Answer]:
            own = [*ASKED[number:], *ASKED[:number]]
            return [await sessions[number].ask(question) for question in own]

        answers = await asyncio.gather(*(ask(number) for number in range(len(ASKED))))
        await asyncio.gather(*(one.close() for one in sessions))
        return answers

    answers = [one for own in asyncio.run(ask_at_once()) for one in own]
    assert [one.faults for one in answers] == [[]] * len(ASKED) ** 2
    for one in answers:
        title = html.unescape(re.sub("<[^>]+>", "", one.title))
        assert title == coach.reply([], one.question).situations[0].title
        assert one.card_ms is not None
        assert one.end_ms is not None
        assert one.card_ms <= one.end_ms


def test_a_load_counts_its_questions_and_no_error(page: ServedPage) -> None:
    measured = asyncio.run(put_load(page.address, SMALL, psutil.Process(page.process.pid)))
    assert measured.faults == Counter()
    assert SMALL.sessions <= len(measured.answers) <= SMALL.sessions * SMALL.questions
    assert measured.server_cpu > 0
    lines = describe(SMALL, measured)
    assert f"questions         {len(measured.answers)} of 9 planned" in lines[1]
    assert lines[2] == "errors            0"


def test_a_page_that_is_not_there_is_a_lost_connection() -> None:
    answer = asyncio.run(PageSession("http://127.0.0.1:1").open())
    assert answer.faults == [LOST]
    measured = Measured([answer, replace(answer, faults=[NO_CARD])], seconds=1)
    assert describe(SMALL, measured)[2] == f"errors            2 ({LOST}: 1, {NO_CARD}: 1)"


def test_the_page_s_own_faults_are_told_by_their_words() -> None:
    words = [said for _, said in read_fault_words()]
    assert len(words) == len({*words}) == 4
    assert not [one for one in choose_questions() if any(said in one for said in words)]
