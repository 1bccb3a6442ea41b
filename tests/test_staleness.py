"""Staleness: an answer is stale when a line or a quote that it showed is no longer there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coach import build_coach, build_index
from coach.answering.staleness import is_stale
from coach.assembly import report_nothing
from coach.coaching import Coach
from coach.settings import Settings


@pytest.fixture
def before(small_settings: Settings) -> Coach:
    build_index(small_settings, report=report_nothing)
    return build_coach(small_settings, report=report_nothing)


def change(settings: Settings, name: str, old: str, new: str) -> Coach:
    path = settings.knowledge / name
    words = path.read_text("utf-8")
    assert old in words
    path.write_text(words.replace(old, new), "utf-8")
    build_index(settings, report=report_nothing)
    return build_coach(settings, report=report_nothing)


def test_a_changed_line_makes_its_answers_stale_and_no_others(
    before: Coach, small_settings: Settings
) -> None:
    boss, child = (before.reply_with("?", name) for name in ("boss_phone", "child_caller"))
    refused = before.reply([], "какая скидка на диван")
    line = boss.do[0].text
    after = change(small_settings, "situations/boss_phone.md", line, "Предложите составить жалобу.")
    assert is_stale(boss, after.knowledge)
    assert not is_stale(child, after.knowledge)
    assert not is_stale(refused, after.knowledge)
    assert not is_stale(boss, before.knowledge)


def test_a_new_question_of_the_bank_makes_nothing_stale(
    before: Coach, small_settings: Settings
) -> None:
    boss = before.reply_with("?", "boss_phone")
    bank = small_settings.knowledge / "questions/boss_phone.txt"
    bank.write_text(bank.read_text("utf-8") + "дай номерок шефа\n", "utf-8")
    build_index(small_settings, report=report_nothing)
    after = build_coach(small_settings, report=report_nothing)
    assert after.knowledge.version != boss.knowledge_version
    assert not is_stale(boss, after.knowledge)


def test_a_situation_or_a_quote_that_is_gone_makes_it_stale(before: Coach) -> None:
    boss = replace(before.reply_with("?", "boss_phone"), knowledge_version="earlier")
    without = {k: v for k, v in before.knowledge.situations.items() if k != "boss_phone"}
    assert not is_stale(boss, before.knowledge)
    assert is_stale(boss, replace(before.knowledge, situations=without))
    emptied = {k: replace(v, text="другой текст") for k, v in before.knowledge.documents.items()}
    assert is_stale(boss, replace(before.knowledge, documents=emptied))
