"""The page of the instruction, through Streamlit's AppTest: marked, edited, published, undone."""

from __future__ import annotations

import html
import re

import pytest
from streamlit.testing.v1 import AppTest

from coach import build_coach
from coach.assembly import report_nothing
from coach.checking import Draft, check_draft
from coach.settings import PROJECT_FOLDER, Settings
from tests.test_page import PAGE, ask, words_on
from tests.test_review import press
from ui import process
from ui.instruction_view import mark_situations
from ui.words import word

KNOWLEDGE = """
from ui.knowledge_page import show_knowledge
from ui.process import note_version
show_knowledge()
note_version()
"""
TITLE, NEW_TITLE = "title: Требуют телефон руководства", "title: Просят номер директора"


@pytest.fixture
def page(desk_settings: Settings) -> AppTest:
    opened = AppTest.from_string(KNOWLEDGE, default_timeout=120).run()
    assert not opened.exception
    return opened


def edit(page: AppTest, old: str, new: str) -> AppTest:
    words = page.text_area[0].value
    assert old in words
    page.text_area[0].set_value(words.replace(old, new)).run()
    assert not page.exception
    return page


def test_every_situation_is_marked_where_it_stands(real_settings: Settings) -> None:
    coach = build_coach(real_settings, report=report_nothing)
    received = PROJECT_FOLDER / "knowledge/instruction/operator-instruction.txt"
    for name, situation in coach.knowledge.situations.items():
        (document,) = coach.knowledge.documents
        marked = mark_situations(document, coach.knowledge, name)
        without_tags = re.sub(r'<span class="coach-tag">.*?</span> ', "", marked)
        assert html.unescape(re.sub(r"<[^>]+>", "", without_tags)) == received.read_bytes().decode()
        found = re.findall(r"<mark>(.*?)</mark>", marked, re.DOTALL)
        assert html.unescape("".join(found)) == "".join(one.text for one in situation.passages)
        assert html.escape(situation.title) in marked


def test_a_file_is_shown_with_its_card(page: AppTest) -> None:
    assert page.text_area[0].value.startswith("---\nid: boss_phone")
    assert word("knowledge.same") in words_on(page)
    assert page.code[0].value.startswith("Извините, предоставить")


def test_an_edit_is_proven_while_it_is_made(page: AppTest) -> None:
    edit(page, "нет возможности. Если", "есть возможность. Если")
    told = words_on(page)
    assert "situations/boss_phone.md, строка" in told
    assert not page.code
    assert word("teach.foresee") not in told


def test_markup_in_a_file_stays_text(page: AppTest) -> None:
    edit(page, TITLE, "title: <script>alert(1)</script> [x](http://a)")
    markup = " ".join(str(one.proto.body) for one in page.get("html"))
    assert "<script>alert" not in markup
    assert "&lt;script&gt;" in markup


def test_an_edit_stays_while_other_things_are_looked_at(page: AppTest) -> None:
    edit(page, TITLE, NEW_TITLE)
    page.radio(key="knowledge-view").set_value("history").run()
    page.radio(key="knowledge-view").set_value("edit").run()
    assert NEW_TITLE in page.text_area[0].value
    page.selectbox(key="knowledge-situation").set_value("slow_speaker").run()
    page.selectbox(key="knowledge-situation").set_value("boss_phone").run()
    assert NEW_TITLE in page.text_area[0].value
    press(page, word("knowledge.drop"))
    assert TITLE in page.text_area[0].value
    assert word("knowledge.same") in words_on(page)


def test_of_two_trainers_on_one_file_the_second_loses_nothing(
    page: AppTest, desk_settings: Settings
) -> None:
    other = AppTest.from_string(KNOWLEDGE, default_timeout=120).run()
    idle = AppTest.from_string(KNOWLEDGE, default_timeout=120).run()
    edit(other, "urgency: 5", "urgency: 6")
    press(other, word("teach.foresee"))
    edit(page, TITLE, NEW_TITLE)
    press(page, word("teach.foresee"))
    press(page, word("teach.publish"))
    press(other, word("teach.publish"))
    told = words_on(other)
    assert word("knowledge.moved") in told
    assert f"+{NEW_TITLE}" in told
    assert "urgency: 6" in other.text_area[0].value
    assert word("teach.foresee") not in told
    assert NEW_TITLE in idle.run().text_area[0].value
    press(other, word("knowledge.keep"))
    assert word("teach.foresee") in words_on(other)
    path = desk_settings.knowledge / "situations/boss_phone.md"
    assert NEW_TITLE in path.read_text("utf-8")


def test_what_others_publish_between_the_look_and_the_click_is_not_overwritten(
    page: AppTest, desk_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(page, TITLE, NEW_TITLE)
    path = desk_settings.knowledge / "situations/boss_phone.md"
    theirs = path.read_text("utf-8").replace("urgency: 5", "urgency: 6")

    def publish_meanwhile(name: str, words: str, settings: Settings) -> Draft:
        path.write_text(theirs, "utf-8")
        return check_draft(name, words, settings)

    monkeypatch.setattr("ui.knowledge_page.check_draft", publish_meanwhile)
    press(page, word("teach.foresee"))
    assert "изменил кто-то другой" in words_on(page)
    assert word("teach.publish") not in words_on(page)
    assert path.read_text("utf-8") == theirs
    assert NEW_TITLE in page.text_area[0].value


def test_hand_edits_of_other_files_are_named_and_stay_unpublished(
    page: AppTest, desk_settings: Settings
) -> None:
    other = desk_settings.knowledge / "situations/slow_speaker.md"
    other.write_text("начато и не дописано", "utf-8")
    edit(page, TITLE, NEW_TITLE)
    press(page, word("teach.foresee"))
    assert word("teach.hand_edits", files="situations/slow_speaker.md") in words_on(page)
    press(page, word("teach.publish"))
    assert "Опубликовано" in words_on(page)
    assert other.read_text("utf-8") == "начато и не дописано"
    served = process.current_coach().knowledge.situations
    assert served["boss_phone"].title == NEW_TITLE.removeprefix("title: ")
    assert "slow_speaker" in served


def test_a_hand_edit_of_the_file_itself_is_told_and_may_be_published(
    page: AppTest, desk_settings: Settings
) -> None:
    path = desk_settings.knowledge / "situations/boss_phone.md"
    path.write_text(path.read_text("utf-8").replace(TITLE, NEW_TITLE), "utf-8")
    page.run()
    assert word("knowledge.unpublished") in words_on(page)
    assert word("knowledge.same") not in words_on(page)
    press(page, word("teach.foresee"))
    press(page, word("teach.publish"))
    assert word("knowledge.same") in words_on(page)
    assert process.current_coach().knowledge.situations["boss_phone"].title in NEW_TITLE


def test_what_was_foreseen_is_shown_beside_nothing_else(page: AppTest) -> None:
    edit(page, TITLE, NEW_TITLE)
    press(page, word("teach.foresee"))
    assert word("teach.publish") in words_on(page)
    edit(page, NEW_TITLE, f"{NEW_TITLE} снова")
    assert word("teach.publish") not in words_on(page)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("reviewed: 2026-11-22", "reviewed: 2026-11-31"),
        ("related: []", "related: 5"),
        ("related: []", "related: [[1]]"),
        ("  - section:", "  - document: [1]\n    section:"),
    ],
)
def test_a_slip_in_the_head_of_a_file_is_told(page: AppTest, old: str, new: str) -> None:
    edit(page, old, new)
    assert "situations/boss_phone.md, строка" in words_on(page)


def test_an_edit_is_foreseen_published_noted_and_taken_back(
    page: AppTest, desk_settings: Settings
) -> None:
    chat = AppTest.from_file(PAGE, default_timeout=60).run()
    ask(chat, "дайте телефон директора")
    step = process.current_coach().knowledge.situations["boss_phone"].do[0].text
    edit(page, step, "Предложите составить жалобу.")
    press(page, word("teach.foresee"))
    assert "текст карточки другой" in words_on(page)
    press(page, word("teach.publish"))
    assert "Опубликовано" in words_on(page)
    assert word("stale.count", count=1) in words_on(page)
    page.radio(key="knowledge-view").set_value("history").run()
    assert "local: правка файла «Требуют телефон руководства»" in words_on(page)
    assert " Предложите составить жалобу." in words_on(page)
    ask(chat, "телефон директора дайте")
    assert "Предложите составить жалобу" in words_on(chat)
    chat.session_state["earlier-0"] = True
    assert word("stale.turn") in words_on(chat.run())
    press(page, word("teach.undo"))
    assert step in (desk_settings.knowledge / "situations/boss_phone.md").read_text("utf-8")
    page.radio(key="knowledge-view").set_value("edit").run()
    assert word("stale.count", count=1) in words_on(page)
