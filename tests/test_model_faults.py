"""Broken, slow, endless and dead models: the card stands, and nobody waits."""

from __future__ import annotations

import time

import pytest

from coach import build_coach
from coach.answering.clock import read_within
from coach.answering.model import check_chat_model
from coach.answering.reply import AdviceSentence
from coach.assembly import report_nothing
from coach.coaching import Coach
from coach.errors import ModelError
from coach.settings import Settings
from coach.texts import text
from tests.advising import (
    FALSE,
    QUESTION,
    SECRET,
    TRUE,
    assert_card_stands,
    load,
    open_coach,
    with_model,
)
from tests.language_server import BAD_JSON, ENDLESS, HALF, serve_language


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_failing_model_leaves_the_card_with_one_quiet_line(
    real_settings: Settings, status: int
) -> None:
    with serve_language([], status=status) as server:
        coach = open_coach(real_settings, server)
        card = coach.reply([], QUESTION)
        reply = coach.advise([], card)
    assert reply.advice is None
    assert reply.text == f"{card.text}\n\n{text('advice.failed')}"


@pytest.mark.parametrize("fault", [HALF, BAD_JSON])
def test_a_broken_stream_keeps_what_was_proven_or_the_card(
    real_settings: Settings, coach: Coach, fault: str
) -> None:
    with serve_language([f"{TRUE} ", "Дайте"], fault=fault) as server:
        broken = open_coach(real_settings, server)
        reply = broken.advise([], broken.reply([], QUESTION))
    assert {one.text for one in reply.advice or ()} <= {TRUE}
    assert_card_stands(reply, coach)


@pytest.mark.parametrize("level", ["compose", "select"])
@pytest.mark.parametrize("answer", ["а" * 10_000_000, "7" * 20_000, f"Да [{'7' * 20_000}]."])
def test_a_huge_answer_is_left_off(
    real_settings: Settings, coach: Coach, answer: str, level: str
) -> None:
    with serve_language([answer]) as server:
        broken = open_coach(real_settings, server, llm_level=level)
        reply = broken.advise([], broken.reply([], QUESTION))
    assert reply.advice == ()
    assert len(reply.dropped) == 1
    assert_card_stands(reply, coach)


@pytest.mark.parametrize(("piece", "shown"), [("2, 1, ", 2), ("999, ", 0), ("не знаю ", 0)])
def test_an_endless_selection_is_left_off(real_settings: Settings, piece: str, shown: int) -> None:
    with serve_language([piece], fault=ENDLESS) as server:
        endless = open_coach(real_settings, server, llm_level="select")
        reply = endless.advise([], endless.reply([], QUESTION))
    assert reply.advice is not None
    assert len(reply.advice) == shown


def test_an_endless_answer_is_left_off(real_settings: Settings) -> None:
    with serve_language([f"{FALSE} "], fault=ENDLESS) as server:
        endless = open_coach(real_settings, server)
        reply = endless.advise([], endless.reply([], QUESTION))
        assert reply.advice == ()
        assert 0 < len(reply.dropped) < 20


def test_a_slow_model_is_given_up_and_then_left_alone(real_settings: Settings) -> None:
    with serve_language(["слово "] * 50, pause_seconds=0.1) as server:
        coach = open_coach(real_settings, server, llm_timeout_seconds=0.5)
        assert coach.model
        started = time.monotonic()
        assert coach.advise([], coach.reply([], QUESTION)).advice is None
        assert 0.4 < time.monotonic() - started < 2
        started = time.monotonic()
        assert coach.advise([], coach.reply([], "в трубке ребёнок")).advice is None
        assert time.monotonic() - started < 0.3
        assert len(server.requests) == 1


def test_a_rested_model_is_asked_again(real_settings: Settings) -> None:
    with serve_language([TRUE], status=500) as server:
        coach = open_coach(real_settings, server, llm_rest_seconds=0.2)
        assert coach.advise([], coach.reply([], QUESTION)).advice is None
        server.status = 200
        time.sleep(0.3)
        assert coach.advise([], coach.reply([], QUESTION)).advice == (AdviceSentence(TRUE, (3,)),)


def test_the_next_question_stops_the_model(real_settings: Settings) -> None:
    with serve_language([f"{TRUE} "], pause_seconds=0.05, fault=ENDLESS) as server:
        coach = open_coach(real_settings, server)
        sentences = coach.stream_advice([], coach.reply([], QUESTION))
        next(sentences)
        sentences.close()  # type: ignore[attr-defined]
        deadline = time.monotonic() + 3
        while server.streaming.is_set() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not server.streaming.is_set()
        again = coach.stream_advice([], coach.reply([], QUESTION))
        assert next(again) == AdviceSentence(TRUE, (3,))


def test_a_dead_server_leaves_the_card(real_settings: Settings) -> None:
    with serve_language([]) as server:
        settings = with_model(real_settings, server)
    coach = build_coach(settings, report=report_nothing)
    card = coach.reply([], QUESTION)
    assert coach.advise([], card).say == card.say
    with pytest.raises(ModelError) as caught:
        check_chat_model(load(settings), settings)  # type: ignore[arg-type]
    assert "COACH_LLM_BASE_URL" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_stream_that_says_nothing_is_given_up() -> None:
    with pytest.raises(TimeoutError):
        list(read_within(0.2, lambda: iter(lambda: time.sleep(1), 0)))
    assert list(read_within(1, lambda: iter("аб"))) == ["а", "б"]
