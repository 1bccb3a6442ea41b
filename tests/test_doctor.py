"""The doctor finds what is wrong and says what to do."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from coach import build_index
from coach.assembly import open_archive, report_nothing
from coach.coaching import Coach
from coach.doctor import Finding, _check_env_file, examine, print_findings
from coach.errors import CoachError
from coach.settings import Settings
from tests.conftest import make_settings
from tests.test_database import make_junk, make_newer


def findings(settings: Settings) -> dict[str, Finding]:
    return {one.name: one for one in examine(settings)}


def test_a_sound_installation_has_no_fault(real_settings: Settings, coach: Coach) -> None:
    found = findings(real_settings)
    assert [one.line for one in found.values() if not one.is_fine] == []
    assert coach.knowledge.version in found["knowledge"].line
    assert set(found) == {
        "python", "env_file", "packages", "settings", "writing", "knowledge", "index", "archive",
        "model", "signing_in", "port",
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


@pytest.mark.parametrize(("damage", "told"), [(make_newer, "новой версии"), (make_junk, "база")])
def test_an_archive_that_cannot_be_used_is_named(
    small_settings: Settings, damage: Callable[[Path], None], told: str
) -> None:
    damage(Path(small_settings.archive_url.removeprefix("sqlite:///")))
    found = findings(small_settings)["archive"]
    assert not found.is_fine
    assert "COACH_DATABASE_URL" in found.line
    assert told in found.line.casefold()
    assert "\n" not in found.line


def test_an_archive_that_lost_a_table_is_named(small_settings: Settings) -> None:
    archive = open_archive(small_settings)
    with archive._engine.begin() as connection:
        connection.execute(sql("drop table signals"))
    assert not findings(small_settings)["archive"].is_fine


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


def test_the_file_of_settings_that_was_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    project.mkdir()
    elsewhere.mkdir()
    monkeypatch.setattr("coach.doctor.ENV_FILE", project / ".env")
    monkeypatch.chdir(elsewhere)
    assert _check_env_file(make_settings()).startswith(f"{project}/.env нет")
    (project / ".env").write_text("", "utf-8")
    assert _check_env_file(make_settings()) == f"прочитан {project}/.env"
    (elsewhere / ".env").write_text("", "utf-8")
    with pytest.raises(CoachError, match=r"elsewhere/\.env не читается.*project/\.env"):
        _check_env_file(make_settings())
    monkeypatch.chdir(project)
    assert _check_env_file(make_settings()) == f"прочитан {project}/.env"
