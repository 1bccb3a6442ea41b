"""Settings and their example file."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from coach.errors import SettingsError
from coach.settings import PROJECT_FOLDER, Settings, load_settings, silence_libraries
from tests.conftest import make_settings


def test_the_example_file_names_every_setting_with_its_default_and_meaning() -> None:
    lines = (PROJECT_FOLDER / ".env.example").read_text("utf-8").splitlines()
    found: dict[str, tuple[str, str]] = {}
    remark = ""
    for line in lines:
        match = re.fullmatch(r"#(COACH_\w+)=(.*)", line)
        if match:
            found[match[1]] = (match[2], remark.strip())
            remark = ""
        elif line.startswith("# "):
            remark += line.removeprefix("#")
        else:
            remark = ""
    wanted = {}
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, Path):
            default = default.relative_to(PROJECT_FOLDER)
        if isinstance(default, SecretStr):
            default = default.get_secret_value()
        wanted[f"COACH_{name.upper()}"] = (str(default), field.description)
    assert found == wanted


def test_settings_come_from_the_environment_and_the_env_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("COACH_PORT=9000\nCOACH_HOST=127.0.0.2\n", "utf-8")
    monkeypatch.setitem(Settings.model_config, "env_file", env_file)
    monkeypatch.setenv("COACH_PORT", "9001")
    monkeypatch.setenv("COACH_BANK_AUTHORS", "author_1, author_2,")
    settings = load_settings()
    assert (settings.port, settings.host) == (9001, "127.0.0.2")
    assert settings.author_names == {"author_1", "author_2"}


def test_the_settings_are_the_same_whatever_folder_the_command_starts_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = load_settings()
    (tmp_path / ".env").write_text("COACH_PORT=9000\nCOACH_OIDC_CLIENT_ID=other\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert load_settings() == expected
    assert Settings.model_config["env_file"] == PROJECT_FOLDER / ".env"


def test_a_relative_path_is_in_the_project_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COACH_KNOWLEDGE", "other/knowledge")
    assert load_settings().knowledge == PROJECT_FOLDER / "other/knowledge"


def test_an_env_file_may_begin_with_a_byte_order_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".env"
    monkeypatch.setitem(Settings.model_config, "env_file", str(path))
    path.write_text("COACH_PORT=9000\n", "utf-8-sig")
    assert load_settings().port == 9000


def test_an_env_file_of_another_encoding_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".env"
    monkeypatch.setitem(Settings.model_config, "env_file", str(path))
    path.write_bytes("COACH_BANK_AUTHORS=Анна\n".encode("cp1251"))
    with pytest.raises(SettingsError, match="UTF-8") as caught:
        load_settings()
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("COACH_PORT", "0"), ("COACH_PORT", "x"), ("COACH_ANSWER_THRESHOLD", "2")],
)
def test_a_bad_value_names_its_variable(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        load_settings()


def test_the_key_is_masked_wherever_settings_are_printed() -> None:
    settings = make_settings(llm_api_key="sk-very-secret")
    assert "sk-very-secret" not in repr(settings) + str(settings.model_dump())


def test_libraries_are_silenced_and_the_hub_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"LANGSMITH_TRACING": "true"})
    silence_libraries(hub=False)
    assert os.environ["LANGSMITH_TRACING"] == "false"
    assert os.environ["ANONYMIZED_TELEMETRY"] == "False"
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    silence_libraries(hub=True)
    assert os.environ["HF_HUB_OFFLINE"] == "0"


def test_only_a_hub_name_wants_the_hub(tmp_path: Path) -> None:
    assert not make_settings().wants_hub
    assert not make_settings(embedder=str(tmp_path)).wants_hub
    assert make_settings(embedder="intfloat/multilingual-e5-small").wants_hub
