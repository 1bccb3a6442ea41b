"""The doctor finds what is wrong and says what to do."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from coach import build_index
from coach.assembly import report_nothing
from coach.coaching import Coach
from coach.doctor import Finding, examine, print_findings
from coach.settings import Settings


def findings(settings: Settings) -> dict[str, Finding]:
    return {one.name: one for one in examine(settings)}


def test_a_sound_installation_has_no_fault(real_settings: Settings, coach: Coach) -> None:
    found = findings(real_settings)
    assert [one.line for one in found.values() if not one.is_fine] == []
    assert coach.knowledge.version in found["knowledge"].line
    assert set(found) == {
        "python", "packages", "settings", "writing", "knowledge", "index", "model",
        "signing_in", "port",
    }  # fmt: skip
    assert "COACH_OIDC_METADATA_URL" in found["signing_in"].line


def test_a_missing_index_a_slip_and_a_bad_model_are_named(
    small_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    (small_settings.knowledge / "questions/none.txt").unlink()
    settings = small_settings.model_copy(update={"llm": "nobody:model"})
    found = findings(settings)
    assert "none.txt:1" in found["knowledge"].line
    assert "coach index" in found["index"].line
    assert "nobody:model" in found["model"].line
    assert [name for name, one in found.items() if not one.is_fine] == [
        "knowledge", "index", "model",
    ]  # fmt: skip
    assert not print_findings(settings)
    assert "✗ индекс" in capsys.readouterr().out


def test_a_variable_that_is_no_setting_is_named(
    small_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(Settings.model_config, "env_file", str(tmp_path / ".env"))
    (tmp_path / ".env").write_text("COACH_LLM_BASEURL=http://x\nCOACH_PORT=1\nPATH=x\n", "utf-8")
    monkeypatch.setenv("COACH_ZZZ", "1")
    monkeypatch.setenv("COACH_REQUIRE_BROWSER", "1")
    found = next(one for one in examine(small_settings) if one.name == "settings")
    assert not found.is_fine
    assert "COACH_LLM_BASE_URL?" in found.line
    assert "COACH_ZZZ" in found.line
    assert "COACH_REQUIRE" not in found.line
    assert "COACH_PORT" not in found.line


@pytest.mark.parametrize("host", ["nosuch.host.invalid", "x" * 70])
def test_a_host_that_is_none_is_told(small_settings: Settings, host: str) -> None:
    found = findings(small_settings.model_copy(update={"host": host}))
    assert not found["port"].is_fine
    assert "COACH_HOST" in found["port"].line


def test_a_taken_port_is_mentioned(small_settings: Settings) -> None:
    build_index(small_settings, report=report_nothing)
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        found = findings(small_settings.model_copy(update={"port": port}))
    assert str(port) in found["port"].line
    assert "занят" in found["port"].line
