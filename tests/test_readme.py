"""README tells the truth: commands exist, folders exist, the example is what the command prints."""

from __future__ import annotations

import re

import pytest

from coach.answering.reply import Reply
from coach.cli import main
from coach.coaching import Coach
from coach.settings import PROJECT_FOLDER, Settings

README = (PROJECT_FOLDER / "README.md").read_text("utf-8")


def test_every_make_target_exists() -> None:
    targets = set(
        re.findall(r"^([a-z-]+):", (PROJECT_FOLDER / "Makefile").read_text("utf-8"), re.M)
    )
    named = set(re.findall(r"`?make ([a-z-]+)", README))
    assert named >= {"run", "test", "lint", "bench", "browser"}
    assert named <= targets


@pytest.mark.parametrize("command", sorted(set(re.findall(r"\| `coach ([a-z]+)", README))))
def test_every_command_has_help(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    try:
        status: int | str | None = main([command, "--help"])  # the evaluation's own help returns
    except SystemExit as ended:
        status = ended.code
    assert status == 0
    assert f"usage: coach {command}" in capfd.readouterr().out


def test_every_command_is_in_readme(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = set(re.findall(r"^    ([a-z]+) ", capsys.readouterr().out, re.M)) - {"-h"}
    assert shown == set(re.findall(r"\| `coach ([a-z]+)", README))


def test_every_path_in_the_map_exists() -> None:
    table = README.split("## Map")[1].split("## Words")[0]
    paths = set(re.findall(r"`((?:coach|knowledge|ui|eval|tests)/[\w./]*)`", table))
    assert len(paths) > 15
    assert [path for path in paths if not (PROJECT_FOLDER / path).exists()] == []


def test_every_module_is_on_the_map() -> None:
    top = {path.name for path in (PROJECT_FOLDER / "coach").glob("*.py")} - {"__init__.py"}
    assert [name for name in top if f"coach/{name}`" not in README] == []


def test_every_reply_field_is_described() -> None:
    table = README.split("### The batch contract")[1].split("## Settings")[0]
    assert [name for name in Reply.__dataclass_fields__ if f"`{name}`" not in table] == []


def test_every_setting_in_readme_exists() -> None:
    known = {f"COACH_{name.upper()}" for name in Settings.model_fields}
    named = set(re.findall(r"COACH_[A-Z_]+", README))
    assert named <= known


def test_the_example_answer_is_what_the_coach_says(coach: Coach) -> None:
    match = re.search(r'\$ \.venv/bin/coach ask "(.+?)"\n(.+?)\n…', README, re.DOTALL)
    assert match is not None
    assert coach.reply([], match[1]).text.startswith(match[2])


def test_pictures_exist() -> None:
    pictures = re.findall(r"!\[.+?\]\((.+?)\)", README)
    assert pictures
    assert all((PROJECT_FOLDER / picture).exists() for picture in pictures)
