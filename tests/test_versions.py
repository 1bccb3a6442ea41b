"""The history of the knowledge: versions noted once, with what differs in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from coach import build_index
from coach.archive.archive import Archive
from coach.archive.history import History
from coach.assembly import report_nothing
from coach.instruction.knowledge import knowledge_version
from coach.settings import Settings
from coach.versions import compare_folders, note_served


@pytest.fixture
def settings(small_settings: Settings) -> Settings:
    build_index(small_settings, report=report_nothing)
    return small_settings


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(Archive(f"sqlite:///{tmp_path}/coach.db"))


def change(settings: Settings, name: str, old: str, new: str) -> str:
    path = settings.knowledge / name
    words = path.read_text("utf-8")
    assert old in words
    path.write_text(words.replace(old, new, 1), "utf-8")
    build_index(settings, report=report_nothing)
    return knowledge_version(settings.knowledge)


def test_a_version_is_noted_once_with_what_differs(settings: Settings, history: History) -> None:
    first = knowledge_version(settings.knowledge)
    for _ in range(2):
        note_served(first, history, settings)
    second = change(settings, "situations/boss_phone.md", "urgency: 5", "urgency: 4")
    note_served(second, history, settings)
    versions = history.versions(5)
    assert [one.version for one in versions] == [second, first]
    assert versions[1].differences is None
    (difference,) = (versions[0].differences or {}).values()
    assert "-urgency: 5\n+urgency: 4" in difference


def test_a_change_made_in_an_editor_shows_too_and_a_way_back_is_a_version(
    settings: Settings, history: History
) -> None:
    first = knowledge_version(settings.knowledge)
    note_served(first, history, settings)
    bank = "questions/boss_phone.txt"
    note_served(change(settings, bank, "##", "дай номерок шефа\n##"), history, settings)
    note_served(change(settings, bank, "дай номерок шефа\n", ""), history, settings)
    assert [one.version for one in history.versions(5)][::2] == [first, first]
    assert "-дай номерок шефа" in (history.versions(1)[0].differences or {})[bank]


def test_a_version_whose_build_is_gone_differs_in_what_nobody_knows(
    settings: Settings, history: History
) -> None:
    history.note_version("long ago", {})
    note_served(knowledge_version(settings.knowledge), history, settings)
    assert history.versions(1)[0].differences is None


def test_a_new_file_and_one_that_is_gone_differ(tmp_path: Path) -> None:
    for name, words in (("one", "а\nб"), ("other", "а\nв")):
        (tmp_path / name / "situations").mkdir(parents=True)
        (tmp_path / name / "situations/same.md").write_text("то же", "utf-8")
        (tmp_path / name / f"situations/{name}.md").write_text(words, "utf-8")
    found = compare_folders(tmp_path / "one", tmp_path / "other")
    assert list(found) == ["situations/one.md", "situations/other.md"]
    assert "-а\n-б" in found["situations/one.md"]
    assert "+а\n+в" in found["situations/other.md"]
