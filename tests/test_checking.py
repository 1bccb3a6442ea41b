"""The trainer's check of a question before it joins the bank."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coach import build_index
from coach.checking import check_knowledge, check_new_question
from coach.cli import main
from coach.errors import SettingsError
from coach.settings import Settings


def known_question(settings: Settings, name: str) -> str:
    lines = (settings.knowledge / f"questions/{name}.txt").read_text("utf-8").splitlines()
    return next(line for line in lines if line and not line.startswith("#"))


def test_a_question_of_known_words_and_another_situation_is_warned_of(
    small_settings: Settings,
) -> None:
    known = known_question(small_settings, "boss_phone")
    lines, is_fine = check_new_question(known.upper() + "!", ["child_caller"], small_settings)
    assert not is_fine
    assert "boss_phone.txt:2" in lines[0]
    assert "На линии ребёнок" in lines[0]
    assert "Требуют телефон руководства" in lines[0]
    assert "Сейчас на него" in lines[1]


def test_a_repeat_is_no_contradiction(small_settings: Settings) -> None:
    known = known_question(small_settings, "boss_phone")
    lines, is_fine = check_new_question(known, ["boss_phone"], small_settings)
    assert is_fine
    assert lines[0].startswith("Повтор")


def test_new_words_may_be_added(small_settings: Settings) -> None:
    lines, is_fine = check_new_question("сизый голубь на проводе", ["none"], small_settings)
    assert is_fine
    assert lines[-1].startswith("Вопроса из тех же слов")


def test_an_unknown_situation_is_named_with_the_known_ones(small_settings: Settings) -> None:
    with pytest.raises(SettingsError, match=r"nobody.*boss_phone.*none"):
        check_new_question("вопрос", ["nobody"], small_settings)


def test_the_whole_bank_is_counted(small_settings: Settings) -> None:
    path = small_settings.knowledge / "questions/child_caller.txt"
    known = known_question(small_settings, "boss_phone")
    assert check_knowledge(small_settings)[1]
    repeated = known_question(small_settings, "child_caller")
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{known}\n{repeated}\n")
    lines, is_fine = check_knowledge(small_settings)
    assert not is_fine
    assert lines[-1].endswith("противоречий 1, повторов 1.")


def test_a_question_near_another_situation_is_told_and_may_be_added(
    small_settings: Settings,
) -> None:
    path = small_settings.knowledge / "questions/child_caller.txt"
    path.write_text(path.read_text("utf-8") + "сизый голубь на проводе\n", "utf-8")
    lines, is_fine = check_new_question(
        "сизый голубь на проводах у", ["boss_phone"], small_settings
    )
    assert is_fine
    assert lines[0].startswith("Похоже, но о другом: «сизый голубь на проводе»")
    assert "На линии ребёнок" in lines[0]


def test_bank_lines_that_stand_in_the_gold_set_are_named(
    small_settings: Settings, tmp_path: Path
) -> None:
    known = known_question(small_settings, "boss_phone")
    row = json.dumps({"question": f"{known} !"}) + "\n"
    (tmp_path / "questions.jsonl").write_text(row, "utf-8")
    settings = small_settings.model_copy(update={"gold": tmp_path})
    lines, is_fine = check_knowledge(settings)
    assert is_fine
    assert [line for line in lines if "boss_phone.txt:2" in line and "questions.jsonl" in line]
    lines, _ = check_new_question(known, ["boss_phone"], settings)
    assert [line for line in lines if "новый вопрос" in line and "questions.jsonl" in line]


def test_the_command_wants_both_options(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, small_knowledge: Path
) -> None:
    monkeypatch.setenv("COACH_KNOWLEDGE", str(small_knowledge))
    assert main(["check", "--question", "вопрос"]) == 1
    assert "--situation" in capsys.readouterr().err
    assert main(["check"]) == 0
    assert "противоречий 0" in capsys.readouterr().out


def test_publishing_warns_of_contradictions_and_publishes(small_settings: Settings) -> None:
    bank = small_settings.knowledge / "questions"
    lines = (bank / "boss_phone.txt").read_text("utf-8").splitlines()
    with (bank / "child_caller.txt").open("a", encoding="utf-8") as file:
        file.write("\n".join(lines[1:8]) + "\n")
    told: list[str] = []
    assert build_index(small_settings, report=told.append)
    warnings = [line for line in told if line.startswith("Противоречие")]
    assert len(warnings) == 5
    assert any("ещё 2" in line for line in told)
    assert build_index(small_settings, report=told.append) is False
