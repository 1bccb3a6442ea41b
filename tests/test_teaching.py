"""Teaching: publishing is one move, undo brings the version back, nobody's work is lost."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from coach import build_coach, build_index
from coach.assembly import open_coach, report_nothing
from coach.errors import (
    ArchiveError,
    CoachError,
    IndexUnusableError,
    KnowledgeError,
    SettingsError,
    StaleError,
)
from coach.index.build import lock_index
from coach.instruction.knowledge import knowledge_version
from coach.serving import shared_coach
from coach.settings import Settings, as_environment
from coach.teaching import (
    LOCK,
    UNFINISHED,
    clean_question,
    copy_settings,
    edit_situation,
    hand_edits,
    publish,
    recover,
    teach_question,
    undo,
    write_file,
)

QUESTION = "в трубке внучок лепечет"


@pytest.fixture
def settings(small_settings: Settings) -> Settings:
    build_index(small_settings, report=report_nothing)
    return small_settings


def test_publishing_teaches_and_undo_brings_the_version_back(settings: Settings) -> None:
    change = teach_question(QUESTION, "child_caller", settings)
    after = publish(change, settings)
    assert after != change.version
    coach = build_coach(settings, report=report_nothing)
    assert coach.knowledge.version == after
    assert coach.reply([], QUESTION).situations[0].id == "child_caller"
    assert undo(change, settings) == change.version
    with pytest.raises(StaleError, match="отменять нечего"):
        undo(change, settings)


def test_an_edited_situation_is_published_and_taken_back(settings: Settings) -> None:
    path = settings.knowledge / "situations/boss_phone.md"
    before = path.read_text("utf-8")
    after = before.replace("title: Требуют телефон руководства", "title: Просят номер директора")
    change = edit_situation("boss_phone", before, after, settings)
    publish(change, settings)
    coach = build_coach(settings, report=report_nothing)
    assert coach.knowledge.situations["boss_phone"].title == "Просят номер директора"
    assert undo(change, settings) == change.version
    assert path.read_text("utf-8") == before


def test_an_edit_that_others_built_upon_is_not_taken_back(settings: Settings) -> None:
    path = settings.knowledge / "situations/boss_phone.md"
    before = path.read_text("utf-8")
    change = edit_situation(
        "boss_phone", before, before.replace("title: Требуют", "title: Просят"), settings
    )
    publish(change, settings)
    publish(edit_situation("boss_phone", change.after, before, settings), settings)
    with pytest.raises(StaleError, match="отменять нечего"):
        undo(change, settings)


def test_a_phrase_that_is_not_in_the_instruction_is_never_published(settings: Settings) -> None:
    path = settings.knowledge / "situations/boss_phone.md"
    before = path.read_text("utf-8")
    wrong = before.replace("нет возможности. Если", "есть возможность. Если")
    assert wrong != before
    with pytest.raises(KnowledgeError, match=r"boss_phone\.md"):
        publish(edit_situation("boss_phone", before, wrong, settings), settings)
    assert path.read_text("utf-8") == before


def test_a_second_trainer_sees_that_the_knowledge_moved(settings: Settings) -> None:
    one = teach_question(QUESTION, "child_caller", settings)
    other = teach_question("тянет каждое слово", "slow_speaker", settings)
    publish(one, settings)
    bank = (settings.knowledge / "questions/slow_speaker.txt").read_text("utf-8")
    with pytest.raises(StaleError, match="изменились"):
        publish(other, settings)
    assert (settings.knowledge / "questions/slow_speaker.txt").read_text("utf-8") == bank


def test_two_publishes_at_once_lose_nothing(settings: Settings) -> None:
    changes = [
        teach_question(QUESTION, "child_caller", settings),
        teach_question("тянет каждое слово", "slow_speaker", settings),
    ]
    told: list[str] = []

    def work(number: int) -> None:
        try:
            told.append(publish(changes[number], settings))
        except StaleError:
            told.append("stale")

    threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("stale") == 1
    assert knowledge_version(settings.knowledge) in told


def test_an_edit_never_overwrites_what_was_published_since_it_was_opened(
    settings: Settings,
) -> None:
    path = settings.knowledge / "situations/boss_phone.md"
    opened = path.read_text("utf-8")
    mine = opened.replace("title: Требуют", "title: Ищут")
    early = edit_situation("boss_phone", opened, mine, settings)
    theirs = opened.replace("title: Требуют", "title: Просят")
    publish(edit_situation("boss_phone", opened, theirs, settings), settings)
    with pytest.raises(StaleError, match="изменил"):
        edit_situation("boss_phone", opened, mine, settings)
    with pytest.raises(StaleError, match="изменились"):
        publish(early, settings)
    assert path.read_text("utf-8") == theirs


def test_an_edit_never_overwrites_a_hand_edit_made_since_it_was_opened(settings: Settings) -> None:
    path = settings.knowledge / "situations/boss_phone.md"
    opened = path.read_text("utf-8")
    change = edit_situation("boss_phone", opened, f"{opened}\n", settings)
    by_hand = opened.replace("title: Требуют", "title: Просят")
    path.write_text(by_hand, "utf-8")
    with pytest.raises(StaleError, match="изменил"):
        publish(change, settings)
    assert path.read_text("utf-8") == by_hand


def test_only_the_change_itself_is_published_and_hand_edits_stay(settings: Settings) -> None:
    unfinished = settings.knowledge / "situations/slow_speaker.md"
    unfinished.write_text("начато и не дописано", "utf-8")
    bank = settings.knowledge / "questions/child_caller.txt"
    bank.write_text(bank.read_text("utf-8") + "вписано руками\n", "utf-8")
    change = teach_question(QUESTION, "child_caller", settings)
    served = publish(change, settings)
    assert hand_edits(settings) == ["questions/child_caller.txt", "situations/slow_speaker.md"]
    knowledge = open_coach(settings, report=report_nothing).knowledge
    assert knowledge.version == served
    asked = {one.text for one in knowledge.questions}
    assert QUESTION in asked
    assert "вписано руками" not in asked
    assert unfinished.read_text("utf-8") == "начато и не дописано"
    assert bank.read_text("utf-8").count("вписано руками") == 1
    assert bank.read_text("utf-8").count(QUESTION) == 1
    assert undo(change, settings) == change.version
    assert "вписано руками" in bank.read_text("utf-8")
    assert QUESTION not in bank.read_text("utf-8")


def test_the_first_lesson_of_danger_makes_its_file_and_taking_it_back_removes_it(
    settings: Settings,
) -> None:
    path = settings.knowledge / "danger/taught.txt"
    path.unlink(missing_ok=True)
    build_index(settings, report=report_nothing)
    change = teach_question("соседка не шевелится вовсе", "danger", settings)
    publish(change, settings)
    assert "соседка не шевелится вовсе" in path.read_text("utf-8")
    assert hand_edits(settings) == []
    assert undo(change, settings) == change.version
    assert not path.exists()
    assert hand_edits(settings) == []


def test_a_slip_is_told_of_the_folder_that_people_know(settings: Settings) -> None:
    path = settings.knowledge / "situations/boss_phone.md"
    change = edit_situation("boss_phone", path.read_text("utf-8"), "нет начала", settings)
    with pytest.raises(KnowledgeError) as told:
        publish(change, settings)
    paths = {one.path for one in told.value.slips}
    assert path in paths
    assert all(one.is_relative_to(settings.knowledge) for one in paths)


def test_what_a_killed_publish_made_served_is_taken_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = teach_question(QUESTION, "child_caller", settings)
    with monkeypatch.context() as killed:
        killed.setattr("coach.teaching.recover", lambda _: None)
        with pytest.raises(KeyboardInterrupt):
            publish(change, settings, _interrupt)
    assert open_coach(settings, report=report_nothing).knowledge.version != change.version
    with lock_index(settings.index / LOCK):
        recover(settings)
    assert open_coach(settings, report=report_nothing).knowledge.version == change.version
    assert hand_edits(settings) == []


def _interrupt(_: str) -> None:
    raise KeyboardInterrupt


def test_a_failed_build_leaves_the_knowledge_as_it_was(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = teach_question(QUESTION, "child_caller", settings)
    path = settings.knowledge / change.path

    def fail(*_: object, **__: object) -> None:
        raise CoachError("no")

    with monkeypatch.context() as broken:
        broken.setattr("coach.teaching.renew_index", fail)
        with pytest.raises(CoachError):
            publish(change, settings)
    assert path.read_text("utf-8") == change.before
    publish(change, settings)
    monkeypatch.setattr("coach.teaching.renew_index", fail)
    with pytest.raises(CoachError):
        undo(change, settings)
    assert path.read_text("utf-8") == change.after


def test_a_publish_that_is_killed_half_way_leaves_the_served_version(settings: Settings) -> None:
    served = shared_coach(settings)
    change = teach_question(QUESTION, "child_caller", settings)
    path = settings.knowledge / change.path
    script = (
        "from coach.settings import load_settings\n"
        "from coach.teaching import publish, teach_question\n"
        "settings = load_settings()\n"
        f"publish(teach_question({QUESTION!r}, 'child_caller', settings), settings)\n"
    )
    working = subprocess.Popen([sys.executable, "-c", script], env=as_environment(settings))
    while path.read_text("utf-8") == change.before:
        assert working.poll() is None
        time.sleep(0.01)
    working.kill()
    working.wait()
    assert shared_coach(settings) is served
    assert shared_coach(settings).reply([], "дайте телефон директора").answered
    with lock_index(settings.index / LOCK):
        recover(settings)
    assert path.read_text("utf-8") == change.before
    publish(teach_question("тянет каждое слово", "slow_speaker", settings), settings)
    coach = build_coach(settings, report=report_nothing)
    assert QUESTION not in {one.text for one in coach.knowledge.questions}


def unfinished(settings: Settings, words: str) -> Path:
    """The note that a killed publish left, and the folder it lies in."""
    folder = settings.index / LOCK
    folder.mkdir(exist_ok=True)
    note = folder / UNFINISHED
    note.write_text(words, "utf-8")
    return note


def test_a_damaged_note_of_a_publish_blocks_nothing(settings: Settings) -> None:
    change = teach_question(QUESTION, "child_caller", settings)
    for words in ("", "[]", '{"path": "x"}', "null", "\x00" * 99):
        note = unfinished(settings, words)
        recover(settings)
        assert not note.exists()
    unfinished(settings, '{"path": "questions/chi')
    assert publish(change, settings) != change.version
    assert not note.exists()
    assert (settings.knowledge / change.path).read_text("utf-8") == change.after


@pytest.mark.parametrize("is_known", [True, False])
def test_what_was_changed_by_hand_after_a_killed_publish_stays(
    settings: Settings, is_known: bool
) -> None:
    path = settings.knowledge / "questions/child_caller.txt"
    row = {"path": "questions/child_caller.txt", "before": "old", "after": "new"}
    if not is_known:  # the note of an earlier version of the program
        del row["after"]
    note = unfinished(settings, json.dumps(row))
    before = path.read_text("utf-8")
    recover(settings)
    assert path.read_text("utf-8") == before
    assert not note.exists()


def test_what_was_changed_by_hand_while_a_publish_failed_stays(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = teach_question(QUESTION, "child_caller", settings)
    path = settings.knowledge / change.path

    def edit_and_fail(*_: object) -> None:
        path.write_text(f"{change.after}ещё один вопрос\n", "utf-8")
        raise CoachError("no")

    monkeypatch.setattr("coach.teaching.renew_index", edit_and_fail)
    with pytest.raises(CoachError):
        publish(change, settings)
    assert path.read_text("utf-8") == f"{change.after}ещё один вопрос\n"
    assert not (settings.index / LOCK / UNFINISHED).exists()


def test_a_note_is_never_seen_half_written(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = teach_question(QUESTION, "child_caller", settings)
    written = Path.write_text

    def cut(path: Path, words: str, *given: str, **more: str) -> int:
        written(path, words[:5], *given, **more)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("coach.teaching.Path.write_text", cut)
        with pytest.raises(SettingsError, match="COACH_INDEX"):
            publish(change, settings)
    assert not list((settings.index / LOCK).glob("unfinished*"))
    assert publish(change, settings) != change.version


def test_without_a_published_index_there_is_nothing_to_change_and_that_is_told(
    settings: Settings, tmp_path: Path
) -> None:
    (settings.index / "current").unlink()
    with pytest.raises(IndexUnusableError, match="coach index"):
        copy_settings(settings, tmp_path / "copy")


def test_an_index_folder_that_cannot_be_written_is_told_in_its_own_words(
    settings: Settings,
) -> None:
    change = teach_question(QUESTION, "child_caller", settings)
    (settings.index / "builds").rename(settings.index / "moved")
    (settings.index / "builds").write_text("not a folder")
    with pytest.raises(CoachError) as told:
        publish(change, settings)
    assert "Traceback" not in str(told.value)
    assert (settings.knowledge / change.path).read_text("utf-8") == change.before


def test_a_read_only_folder_is_told_and_nothing_changes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = teach_question(QUESTION, "child_caller", settings)

    replace = Path.replace

    def fail(path: Path, target: Path) -> Path:
        if target.is_relative_to(settings.knowledge):
            raise PermissionError
        return replace(path, target)

    monkeypatch.setattr("coach.teaching.Path.replace", fail)
    with pytest.raises(SettingsError, match="COACH_KNOWLEDGE"):
        publish(change, settings)
    assert not list(Path(settings.knowledge / "questions").glob("*.unfinished"))


def test_what_nobody_can_keep_is_not_published(settings: Settings) -> None:
    change = teach_question(QUESTION, "child_caller", settings)

    def fail(_: str) -> None:
        raise ArchiveError("база молчит")

    with pytest.raises(ArchiveError):
        publish(change, settings, fail)
    assert knowledge_version(settings.knowledge) == change.version
    coach = build_coach(settings, report=report_nothing)
    assert coach.knowledge.version == change.version


@pytest.mark.parametrize("question", ["Сидоров", "8 916 204-17-38", "# ##", "  "])
def test_a_question_of_which_nothing_is_left_is_told(settings: Settings, question: str) -> None:
    with pytest.raises(CoachError, match="ничего не осталось"):
        teach_question(question, "child_caller", settings)


@pytest.mark.parametrize("question", ["# ## автор: x; вместе: boss_phone", "# # скрыто"])
def test_a_question_never_becomes_a_mark_of_the_bank(settings: Settings, question: str) -> None:
    assert not teach_question(question, "child_caller", settings).question.startswith("#")


def test_a_mount_that_cannot_be_written_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = teach_question(QUESTION, "child_caller", settings)

    def fail(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("coach.teaching.Path.replace", fail)
    monkeypatch.setattr("coach.teaching.Path.unlink", fail)
    with pytest.raises(SettingsError, match="COACH_KNOWLEDGE"):
        write_file(settings.knowledge / change.path, change.after)


def test_what_joins_the_bank_holds_no_private_data_and_no_marks() -> None:
    asked = "# клиент Сидоров\nтел 8 916 204-17-38  тянет слова"
    assert clean_question(asked) == "клиент тел тянет слова"
