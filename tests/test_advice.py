"""The model's advice: after the card, marked, and never at the card's expense."""

from __future__ import annotations

import pytest

from coach import build_coach
from coach.answering.advice import check_chat_model, load_chat_model
from coach.assembly import report_nothing
from coach.coaching import Coach
from coach.errors import ModelError
from coach.settings import Settings
from coach.texts import text
from tests.language_server import LanguageServer, serve_language

QUESTION = "клиент требует телефон директора"
SECRET = "sk-secret-key"


def with_model(settings: Settings, server: LanguageServer, **more: object) -> Settings:
    change = {
        "llm": "openai:scripted",
        "llm_base_url": server.url,
        "llm_api_key": type(settings.llm_api_key)(SECRET),
        **more,
    }
    return settings.model_copy(update=change)


def open_coach(settings: Settings, server: LanguageServer, **more: object) -> Coach:
    return build_coach(with_model(settings, server, **more), report=report_nothing)


def test_advice_streams_after_the_card_and_is_marked(real_settings: Settings) -> None:
    with serve_language(["Говорите ", "спокойно."]) as server:
        coach = open_coach(real_settings, server)
        card = coach.reply([], QUESTION)
        assert (card.model, card.advice, server.requests) == (None, None, [])
        assert list(coach.stream_advice([], card)) == ["Говорите ", "спокойно."]
        whole = coach.advise([], card)
    assert (whole.advice, whole.model) == ("Говорите спокойно.", "openai:scripted")
    assert whole.text.startswith(card.text)
    assert "не проверен" in whole.text
    assert (whole.say, whole.citations) == (card.say, card.citations)


def test_the_model_is_given_the_rules_the_passages_and_the_question(
    real_settings: Settings,
) -> None:
    with serve_language(["Да."]) as server:
        coach = open_coach(real_settings, server)
        earlier = coach.reply([], "в трубке ребёнок")
        coach.advise([earlier], coach.reply([earlier], QUESTION))
        messages = server.requests[0]["messages"]
    assert [one["role"] for one in messages] == ["system", "user", "assistant", "user"]
    assert "предоставить такую информацию нет возможности" in messages[0]["content"]
    assert messages[-1]["content"] == QUESTION


def test_a_refusal_never_reaches_the_model(real_settings: Settings) -> None:
    with serve_language(["Дайте скидку 50%."]) as server:
        coach = open_coach(real_settings, server)
        reply = coach.advise([], coach.reply([], "какую скидку дать клиенту"))
        assert server.requests == []
    assert reply.advice is None
    assert not reply.answered


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


def test_a_slow_model_is_given_up(real_settings: Settings) -> None:
    with serve_language(["слово "] * 50, pause_seconds=0.1) as server:
        coach = open_coach(real_settings, server, llm_timeout_seconds=0.5)
        pieces: list[str] = []
        advice = coach.stream_advice([], coach.reply([], QUESTION))
        with pytest.raises(ModelError, match="карточка"):
            pieces.extend(advice)
    assert 0 < len(pieces) < 20


def test_a_dead_server_leaves_the_card(real_settings: Settings) -> None:
    with serve_language([]) as server:
        settings = with_model(real_settings, server)
    coach = build_coach(settings, report=report_nothing)
    card = coach.reply([], QUESTION)
    assert coach.advise([], card).say == card.say
    with pytest.raises(ModelError) as caught:
        check_chat_model(load_chat_model(settings), settings)
    assert "COACH_LLM_BASE_URL" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("name", ["nonsense", "openai", "ollama:qwen", "nobody:model"])
def test_a_model_that_cannot_be_set_up_is_reported_and_cards_still_work(
    real_settings: Settings, name: str
) -> None:
    said: list[str] = []
    settings = real_settings.model_copy(update={"llm": name})
    coach = build_coach(settings, report=said.append)
    assert coach.model is None
    assert len(said) == 1
    assert name in said[0]
    assert coach.reply([], QUESTION).answered


def test_a_one_token_check_passes_on_a_live_server(real_settings: Settings) -> None:
    with serve_language(["Да"]) as server:
        settings = with_model(real_settings, server)
        check_chat_model(load_chat_model(settings), settings)
        assert len(server.requests) == 1
