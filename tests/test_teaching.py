"""Teaching: the effect is seen first, publishing is one move, undo brings the version back."""

from __future__ import annotations

from pathlib import Path

import pytest

from coach import build_coach, build_index
from coach.assembly import report_nothing
from coach.coaching import Coach
from coach.errors import SettingsError, StaleError
from coach.instruction.knowledge import knowledge_version
from coach.settings import Settings
from coach.teaching import clean_question, foresee, publish, undo

QUESTION = "в трубке внучок лепечет"


@pytest.fixture
def settings(small_settings: Settings) -> Settings:
    build_index(small_settings, report=report_nothing)
    return small_settings


@pytest.fixture
def served(settings: Settings) -> Coach:
    return build_coach(settings, report=report_nothing)


def test_the_effect_is_seen_before_anything_is_published(settings: Settings, served: Coach) -> None:
    version = knowledge_version(settings.knowledge)
    recent = ["внучок лепечет", "дайте телефон директора"]
    effect = foresee(QUESTION, "child_caller", recent, served, settings)
    assert knowledge_version(settings.knowledge) == version == effect.version
    assert effect.after == "На линии ребёнок"
    assert effect.warnings == ()
    assert "дайте телефон директора" not in [one.question for one in effect.changed]


def test_publishing_teaches_and_undo_brings_the_version_back(
    settings: Settings, served: Coach
) -> None:
    before = knowledge_version(settings.knowledge)
    effect = foresee(QUESTION, "child_caller", [], served, settings)
    after = publish(effect, settings)
    assert after != before
    coach = build_coach(settings, report=report_nothing)
    assert coach.reply([], QUESTION).situations[0].id == "child_caller"
    assert undo(QUESTION, "child_caller", settings) == before
    with pytest.raises(StaleError, match="отменять нечего"):
        undo(QUESTION, "child_caller", settings)


def test_a_second_trainer_sees_that_the_knowledge_moved(settings: Settings, served: Coach) -> None:
    one = foresee(QUESTION, "child_caller", [], served, settings)
    other = foresee("тянет каждое слово", "slow_speaker", [], served, settings)
    publish(one, settings)
    bank = (settings.knowledge / "questions/slow_speaker.txt").read_text("utf-8")
    with pytest.raises(StaleError, match="изменились"):
        publish(other, settings)
    assert (settings.knowledge / "questions/slow_speaker.txt").read_text("utf-8") == bank


def test_a_contradiction_is_warned_of(settings: Settings, served: Coach) -> None:
    path = settings.knowledge / "questions/boss_phone.txt"
    taught = path.read_text("utf-8").splitlines()[1]
    effect = foresee(taught, "child_caller", [], served, settings)
    assert "Противоречие" in effect.warnings[0]


def test_a_failed_build_leaves_the_bank_as_it_was(
    settings: Settings, served: Coach, monkeypatch: pytest.MonkeyPatch
) -> None:
    effect = foresee(QUESTION, "child_caller", [], served, settings)
    path = settings.knowledge / "questions/child_caller.txt"
    kept = path.read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise SettingsError("no")

    with monkeypatch.context() as broken:
        broken.setattr("coach.teaching.build_index", fail)
        with pytest.raises(SettingsError):
            publish(effect, settings)
    assert path.read_bytes() == kept
    publish(effect, settings)
    taught = path.read_bytes()
    monkeypatch.setattr("coach.teaching.build_index", fail)
    with pytest.raises(SettingsError):
        undo(QUESTION, "child_caller", settings)
    assert path.read_bytes() == taught != kept


def test_a_read_only_folder_is_told_and_nothing_changes(
    settings: Settings, served: Coach, monkeypatch: pytest.MonkeyPatch
) -> None:
    effect = foresee(QUESTION, "child_caller", [], served, settings)

    def fail(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("coach.teaching.Path.replace", fail)
    with pytest.raises(SettingsError, match="COACH_KNOWLEDGE"):
        publish(effect, settings)
    assert not list(Path(settings.knowledge / "questions").glob("*.unfinished"))


def test_what_joins_the_bank_holds_no_private_data_and_no_marks() -> None:
    asked = "# клиент Сидоров\nтел 8 916 204-17-38  тянет слова"
    assert clean_question(asked) == "клиент тел тянет слова"
