"""The chat model: any by one setting, through LangChain; and what it may be trusted with."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage

from coach.answering.local_model import Progress, start_local_server
from coach.errors import ModelError
from coach.settings import Settings
from coach.texts import text

EVALUATED = Path(__file__).with_name("models.yaml")
LOCAL, GIGACHAT, OLLAMA = "local", "gigachat:", "ollama:"
SELECT, COMPOSE, AUTO = "select", "compose", "auto"


def load_chat_model(settings: Settings, progress: Progress) -> BaseChatModel:
    """Build the model that `COACH_LLM` names.

    `local` starts llama.cpp on loopback; any other is LangChain's `init_chat_model`, and GigaChat
    by its own package. Raises ModelError, with the remedy, when a package is missing or the name
    is bad.
    """
    options: dict[str, Any] = {
        "timeout": settings.llm_timeout_seconds,
        "max_retries": settings.llm_retries,
        "temperature": 0,
    }
    key = settings.llm_api_key.get_secret_value()
    try:
        if settings.llm == LOCAL:
            server = start_local_server(settings, progress)
            options |= {"base_url": f"{server.address}/v1", "api_key": server.key}
            return _init("openai:local", options)
        if settings.llm_base_url:
            options["base_url"] = settings.llm_base_url
        if settings.llm.startswith(GIGACHAT):
            return _init_gigachat(settings.llm.removeprefix(GIGACHAT), options, key)
        return _init(settings.llm, options | ({"api_key": key} if key else {}))
    except ImportError as error:
        fault = text("advice.no_package", name=settings.llm, fault=error)
        raise ModelError(fault) from error
    except ModelError:
        raise
    except Exception as error:
        fault = masked(error, settings)
        raise ModelError(text("advice.bad_model", name=settings.llm, fault=fault)) from error


def _init(name: str, options: dict[str, Any]) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    if name.startswith(OLLAMA):  # its client takes neither of these by name
        timeout = options.pop("timeout")
        options = {**options, "client_kwargs": {"timeout": timeout}}
        options.pop("max_retries")
    model: BaseChatModel = init_chat_model(name, **options)
    return model


def _init_gigachat(name: str, options: dict[str, Any], key: str) -> BaseChatModel:
    from langchain_gigachat.chat_models import GigaChat

    retries = options.pop("max_retries")
    credentials = {"credentials": key} if key else {}
    model: BaseChatModel = GigaChat(model=name, max_retries=retries, **credentials, **options)
    return model


def check_chat_model(model: BaseChatModel, settings: Settings) -> None:
    """Make one short call; raise ModelError that says what went wrong."""
    try:
        model.invoke([HumanMessage(text("check_question"))], **token_limit(settings.llm, 1))
    except Exception as error:
        message = text("advice.unreachable", name=settings.llm, fault=masked(error, settings))
        raise ModelError(message) from error


def token_limit(name: str, most: int) -> dict[str, Any]:
    """The option that limits an answer to so many tokens, as the model's provider calls it."""
    if name.startswith(OLLAMA):
        return {"options": {"num_predict": most, "temperature": 0}}
    return {"max_tokens": most}


def masked(error: Exception, settings: Settings) -> str:
    """An error's words without the key."""
    key = settings.llm_api_key.get_secret_value()
    words = f"{type(error).__name__}: {error}"
    return words.replace(key, "***") if key else words


def level_of(settings: Settings) -> str:
    """What the model may do: `select` lines of the card, or `compose` sentences of its own."""
    if settings.llm_level != AUTO:
        return settings.llm_level
    return COMPOSE if settings.llm in _composers() else SELECT


@cache
def _composers() -> frozenset[str]:
    """The models that passed the evaluation and compose by default."""
    described = yaml.safe_load(EVALUATED.read_text(encoding="utf-8"))
    return frozenset(described[COMPOSE] or ())
