"""A coach whose model says what a test scripts."""

from __future__ import annotations

from coach import build_coach
from coach.answering.model import load_chat_model
from coach.answering.reply import Reply
from coach.assembly import report_nothing
from coach.coaching import Coach
from coach.settings import Settings
from tests.language_server import LanguageServer, serve_language

QUESTION = "клиент требует телефон директора"
SECRET = "sk-secret-key"
TRUE = "Запишите претензию сразу, вместе с абонентом [3]."
FALSE = "Дайте абоненту телефон руководства [4]."


def with_model(settings: Settings, server: LanguageServer, **more: object) -> Settings:
    change = {
        "llm": "openai:scripted",
        "llm_base_url": server.url,
        "llm_api_key": type(settings.llm_api_key)(SECRET),
        "llm_level": "compose",
        **more,
    }
    return settings.model_copy(update=change)


def open_coach(settings: Settings, server: LanguageServer, **more: object) -> Coach:
    return build_coach(with_model(settings, server, **more), report=report_nothing)


def load(settings: Settings) -> object:
    return load_chat_model(settings, lambda steps, label: steps)


def advise(settings: Settings, answer: str, question: str = QUESTION, **more: object) -> Reply:
    """The reply after a model that says this, in small pieces."""
    pieces = [answer[start : start + 7] for start in range(0, len(answer), 7)]
    with serve_language(pieces) as server:
        coach = open_coach(settings, server, **more)
        return coach.advise([], coach.reply([], question))


def assert_card_stands(reply: Reply, coach: Coach, question: str = QUESTION) -> None:
    card = coach.reply([], question)
    for name in ("say", "do", "avoid", "citations", "situations"):
        assert getattr(reply, name) == getattr(card, name)
