"""The language model's advice: streamed after the card, and marked as not verified."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from coach.answering.reply import Reply
from coach.errors import ModelError
from coach.settings import Settings
from coach.texts import text

PROMPT = Path(__file__).with_name("prompts") / "advice.md"
REMEMBERED_TURNS = 3
QUESTION_CHARS = 1500


def load_chat_model(settings: Settings) -> BaseChatModel:
    """Build the model that `COACH_LLM` names, through LangChain's `init_chat_model`.

    Raises ModelError, with the remedy, when the provider's package is missing or the name is bad.
    """
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {
        "timeout": settings.llm_timeout_seconds,
        "max_retries": 0,
        "temperature": 0,
    }
    if settings.llm_base_url:
        options["base_url"] = settings.llm_base_url
    if settings.llm_api_key.get_secret_value():
        options["api_key"] = settings.llm_api_key.get_secret_value()
    try:
        model: BaseChatModel = init_chat_model(settings.llm, **options)
    except ImportError as error:
        message = text("advice.no_package", name=settings.llm, fault=error)
        raise ModelError(message) from error
    except Exception as error:
        raise ModelError(text("advice.bad_model", name=settings.llm, fault=error)) from error
    return model


def check_chat_model(model: BaseChatModel, settings: Settings) -> None:
    """Make one short call; raise ModelError that says what went wrong."""
    try:
        model.invoke([HumanMessage(text("check_question"))], max_tokens=1)
    except Exception as error:
        message = text("advice.unreachable", name=settings.llm, fault=_masked(error, settings))
        raise ModelError(message) from error


def _masked(error: Exception, settings: Settings) -> str:
    key = settings.llm_api_key.get_secret_value()
    words = f"{type(error).__name__}: {error}"
    return words.replace(key, "***") if key else words


class Adviser:
    """Asks a chat model for advice on a card that is already shown."""

    def __init__(self, model: BaseChatModel, name: str, timeout_seconds: float) -> None:
        self.name = name
        self._model = model
        self._timeout_seconds = timeout_seconds

    def stream(self, reply: Reply, earlier: Sequence[Reply]) -> Iterator[str]:
        """Yield the advice as it is written.

        Raises ModelError when the model fails or takes longer than the setting allows.
        """
        deadline = time.monotonic() + self._timeout_seconds
        try:
            for chunk in self._model.stream(build_messages(reply, earlier)):
                if chunk.text:
                    yield chunk.text
                if time.monotonic() > deadline:
                    raise TimeoutError
        except Exception as error:
            raise ModelError(text("advice.failed")) from error


def build_messages(reply: Reply, earlier: Sequence[Reply]) -> list[BaseMessage]:
    """The prompt: rules and passages as data, the last turns, the question."""
    quotes = "\n".join(f"[{one.number}] {one.section}: {one.quote}" for one in reply.citations)
    prompt = PROMPT.read_text(encoding="utf-8").replace("{passages}", quotes)
    messages: list[BaseMessage] = [SystemMessage(prompt)]
    for turn in earlier[-REMEMBERED_TURNS:]:
        messages += [HumanMessage(turn.question[:QUESTION_CHARS]), AIMessage(turn.text)]
    return [*messages, HumanMessage(reply.question[:QUESTION_CHARS])]
