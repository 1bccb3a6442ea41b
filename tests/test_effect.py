"""The effect of a change: what it would do to a question, to recent ones, to the gold set."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest

from coach import build_coach, build_index
from coach.assembly import report_nothing
from coach.coaching import Coach
from coach.effect import compare_guard, foresee, foresee_apart, outcome
from coach.errors import CoachError, SettingsError
from coach.instruction.knowledge import knowledge_version
from coach.settings import Settings
from coach.taught import TAUGHT, join_gold, leave_gold
from coach.teaching import edit_situation, teach_question
from eval.gold import TAUGHT_SUITE, read_gold
from eval.skeleton import write_skeleton
from tests.conftest import write_small_gold

QUESTION = "в наушниках лялька агукает"


@pytest.fixture
def settings(small_settings: Settings, tmp_path: Path) -> Settings:
    build_index(small_settings, report=report_nothing)
    gold = write_small_gold(small_settings.knowledge, tmp_path / "gold")
    return small_settings.model_copy(update={"gold": gold})


@pytest.fixture
def served(settings: Settings) -> Coach:
    return build_coach(settings, report=report_nothing)


def test_the_effect_is_seen_before_anything_is_published(settings: Settings, served: Coach) -> None:
    recent = ["лялька агукает", "дайте телефон директора"]
    effect = foresee(teach_question(QUESTION, "child_caller", settings), recent, served, settings)
    assert knowledge_version(settings.knowledge) == effect.change.version
    assert effect.after == "На линии ребёнок"
    assert effect.warnings == ()
    assert [one.question for one in effect.changed] == ["лялька агукает"]


def test_a_contradiction_is_warned_of(settings: Settings, served: Coach) -> None:
    bank = (settings.knowledge / "questions/boss_phone.txt").read_text("utf-8").splitlines()
    effect = foresee(teach_question(bank[1], "child_caller", settings), [], served, settings)
    assert "Противоречие" in effect.warnings[0]


def test_other_words_on_the_same_card_are_a_change(settings: Settings, served: Coach) -> None:
    path = settings.knowledge / "situations/boss_phone.md"
    step = served.knowledge.situations["boss_phone"].do[0].text
    before = path.read_text("utf-8")
    words = before.replace(step, "Предложите составить жалобу.")
    change = edit_situation("boss_phone", before, words, settings)
    effect = foresee(change, ["дайте телефон директора", "какая скидка"], served, settings)
    (changed,) = effect.changed
    assert changed.question == "дайте телефон директора"
    assert "другой" in changed.after


def test_a_refusal_whose_choices_alone_are_renamed_is_no_change(
    settings: Settings, served: Coach
) -> None:
    path = settings.knowledge / "situations/boss_phone.md"
    before = path.read_text("utf-8")
    words = before.replace("title: Требуют", "title: Просят")
    recent = ["говорит что сейчас прыгнет с крыши", "дайте телефон директора"]
    effect = foresee(
        edit_situation("boss_phone", before, words, settings), recent, served, settings
    )
    assert [one.question for one in effect.changed] == ["дайте телефон директора"]
    assert outcome(served, recent[0]) == "опасность для жизни: 112"


def test_apart_the_gold_set_is_asked_before_and_after(settings: Settings) -> None:
    join_gold("внучок лепечет в трубку", "child_caller", settings)
    change = teach_question("абонент говорит медленно", "child_caller", settings)
    effect = foresee_apart(change, ["говорит медленно"], settings)
    assert effect.change == change
    found = effect.evaluated
    assert found is not None
    assert found.count == 10
    assert 0 < found.before <= found.count
    assert len(found.better) - len(found.worse) == found.after - found.before


def test_a_gold_set_that_nobody_filled_in_is_told(settings: Settings, tmp_path: Path) -> None:
    gold = write_skeleton(settings.knowledge, tmp_path / "unfilled")
    change = teach_question(QUESTION, "child_caller", settings)
    effect = foresee_apart(change, [], settings.model_copy(update={"gold": gold}))
    assert effect.evaluated is not None
    assert "нет ни одного случая" in effect.evaluated.fault


def test_a_gold_set_of_other_knowledge_is_told_and_the_effect_is_seen(
    small_settings: Settings,
) -> None:
    build_index(small_settings, report=report_nothing)
    change = teach_question(QUESTION, "child_caller", small_settings)
    effect = foresee_apart(change, [], small_settings)
    assert effect.after == "На линии ребёнок"
    assert effect.evaluated is not None
    assert "Золотой набор" in effect.evaluated.fault


def test_to_look_is_not_to_publish(settings: Settings) -> None:
    bank = settings.knowledge / "questions/none.txt"
    bank.write_text(bank.read_text("utf-8") + "дописано в редакторе\n", "utf-8")
    served = (settings.index / "current").read_text("utf-8")
    effect = foresee_apart(teach_question("дописано в редакторе", "none", settings), [], settings)
    assert effect.warnings == ()
    assert (settings.index / "current").read_text("utf-8") == served


def test_many_lessons_at_once_all_join_the_gold_set(settings: Settings) -> None:
    threads = [
        threading.Thread(target=join_gold, args=(f"вопрос {number}", "boss_phone", settings))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len((settings.gold / TAUGHT).read_text("utf-8").splitlines()) == 8


def test_a_gold_folder_that_cannot_be_written_is_named(settings: Settings) -> None:
    (settings.gold / "taught.unfinished").mkdir()
    with pytest.raises(SettingsError, match="COACH_GOLD"):
        join_gold(QUESTION, "boss_phone", settings)


def test_a_change_with_a_slip_is_told_in_words(settings: Settings) -> None:
    before = (settings.knowledge / "situations/boss_phone.md").read_text("utf-8")
    change = edit_situation("boss_phone", before, "нет начала", settings)
    with pytest.raises(CoachError, match=r"boss_phone\.md") as told:
        foresee_apart(change, [], settings)
    assert "Traceback" not in str(told.value)


def test_a_taught_question_joins_the_gold_set_once_and_leaves_it(
    settings: Settings, served: Coach
) -> None:
    for situation in ("boss_phone", "child_caller"):
        join_gold(QUESTION, situation, settings)
    join_gold('с "кавычками"', "boss_phone", settings)
    cases = [
        one for one in read_gold(settings.gold, served.knowledge).cases if one.suite == TAUGHT_SUITE
    ]
    expected = {QUESTION: ("child_caller",), 'с "кавычками"': ("boss_phone",)}
    assert {one.turns[0]: one.expected for one in cases} == expected
    leave_gold(QUESTION, settings)
    leave_gold("такого нет", settings)
    (kept,) = (settings.gold / TAUGHT).read_text("utf-8").splitlines()
    assert json.loads(kept)["question"] == 'с "кавычками"'


def test_plain_questions_that_move_are_named_and_urgent_ones_warned_of(
    settings: Settings, served: Coach, tmp_path: Path
) -> None:
    assert compare_guard(served, served) == ((), ())
    knowledge = shutil.copytree(settings.knowledge, tmp_path / "other")
    bank = knowledge / "questions"
    child, boss = (bank / f"{name}.txt" for name in ("child_caller", "boss_phone"))
    lines = child.read_text("utf-8"), boss.read_text("utf-8")
    child.write_text(lines[1], encoding="utf-8")
    boss.write_text(lines[0] + "на линии ребенок\nребенок\n", encoding="utf-8")
    index = tmp_path / "other-index"
    index.mkdir()
    (index / "embedders").symlink_to(settings.index / "embedders")
    change = {"knowledge": knowledge, "index": index}
    other = build_coach(settings.model_copy(update=change), report=report_nothing)
    moved, urgent = compare_guard(served, other)
    assert "На линии ребёнок" in [changed.question for changed in moved]
    assert urgent == ("На линии ребёнок",)
