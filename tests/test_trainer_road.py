"""The trainer's road in a real Chromium: judge, teach, publish, and the operator gets it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from coach import build_index
from coach.archive.archive import Archive
from coach.assembly import report_nothing
from coach.settings import Settings, as_environment
from eval.served_page import run_page
from tests.browsing import SHOTS, ask, open_page
from tests.conftest import copy_small_knowledge, make_settings, write_small_gold

QUESTION = "внучок лепечет без умолку"
SOON = 120_000
pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Desk:
    """A served page of a small knowledge folder that may be changed."""

    address: str
    settings: Settings


@pytest.fixture(scope="module")
def desk(real_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    knowledge = folder / "knowledge"
    knowledge.mkdir()
    copy_small_knowledge(knowledge)
    (folder / "index").mkdir()
    (folder / "index/embedders").symlink_to(real_settings.index / "embedders")
    settings = make_settings(
        knowledge=knowledge,
        gold=write_small_gold(knowledge, folder / "gold"),
        index=folder / "index",
        database_url=f"sqlite:///{folder}/coach.db",
    )
    build_index(settings, report=report_nothing)
    values = as_environment(settings)
    named = {name: value for name, value in values.items() if name.startswith("COACH_")}
    del named["COACH_PORT"]
    named["COACH_DATABASE_URL"] = f"sqlite:///{folder}/coach.db"
    with run_page(**named) as served:
        yield Desk(served.address, settings)


def settle(page: Page) -> None:
    """Wait until the page's script has run to its end: what is tapped before may be drawn anew."""
    page.locator('[data-test-script-state="notRunning"]').wait_for()
    page.wait_for_timeout(1000)  # the instruction scrolls to its quote


def choose(page: Page, label: str, option: str) -> None:
    """Choose from a list by keys: a list that is opened by a tap closes when the page scrolls."""
    page.get_by_role("combobox", name=label).focus()
    page.keyboard.type(option)
    page.get_by_role("option", name=option).wait_for()
    page.keyboard.press("Enter")


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=Path(SHOTS) / f"{name}.png")


def test_a_trainer_teaches_the_operator_gets_it_and_undo_takes_it_back(
    browser: Browser, desk: Desk
) -> None:
    operator = open_page(browser, desk.address, "light", 1366, 768)
    ask(operator, QUESTION)
    assert operator.get_by_text("Скажите, сколько Вам лет").count() == 0
    trainer = open_page(browser, desk.address, "light", 1366, 768)
    trainer.goto(f"{desk.address}/review")
    trainer.get_by_role("button", name="Посмотреть, что изменится").wait_for()
    settle(trainer)
    choose(trainer, "Верная ситуация", "На линии ребёнок")
    trainer.get_by_role("button", name="Посмотреть, что изменится").click()
    trainer.get_by_text("Станет: На линии ребёнок").wait_for(timeout=SOON)
    shoot(trainer, "effect-light")
    trainer.get_by_role("button", name="Опубликовать").click()
    trainer.get_by_text("Опубликовано: версия").first.wait_for(timeout=SOON)
    ask(operator, f"{QUESTION} опять")
    operator.get_by_text("На линии ребёнок").first.wait_for()
    trainer.get_by_text("Чему учили недавно").click()
    trainer.get_by_role("button", name="Отменить").click()
    trainer.get_by_text("Отменено: версия").first.wait_for(timeout=SOON)
    assert QUESTION not in (desk.settings.knowledge / "questions/child_caller.txt").read_text(
        "utf-8"
    )
    for page in (operator, trainer):
        page.context.close()


def test_a_verdict_by_key_goes_on_to_the_next_answer(browser: Browser, desk: Desk) -> None:
    page = open_page(browser, desk.address, "dark", 1366, 768)
    for question in ("дайте телефон директора", "говорит медленно"):
        ask(page, question)
    page.goto(f"{desk.address}/review")
    count = page.get_by_text(re.compile(r"В очереди: \d+")).inner_text()
    before = int(count.rpartition(" ")[2])
    page.get_by_role("button", name="Верно", exact=False).first.wait_for()
    settle(page)
    page.keyboard.press("Alt+Digit1")
    page.get_by_text(f"В очереди: {before - 1}").wait_for()
    shoot(page, "review-dark")
    page.get_by_placeholder("Заметка").fill("вред: назвала номер")
    page.get_by_role("button", name="Критично").click()  # nothing else was tapped meanwhile
    page.get_by_text(f"В очереди: {before - 2}").wait_for()
    page.locator("label", has_text="Оценённые").click()
    page.get_by_text("Критично").first.wait_for()
    settle(page)
    notes = [one.note for one in Archive(desk.settings.archive_url).queue(9, judged=True)]
    assert "вред: назвала номер" in notes
    page.context.close()


@pytest.mark.parametrize("key", ["Alt+Digit1", "Alt+Digit2", "Alt+Digit3"])
def test_a_note_that_was_just_typed_is_kept_with_the_verdict_by_key(
    browser: Browser, desk: Desk, key: str
) -> None:
    page = open_page(browser, desk.address, "light", 1366, 768)
    ask(page, f"дайте телефон директора {key}")
    page.goto(f"{desk.address}/review")
    page.get_by_placeholder("Заметка").wait_for()
    settle(page)
    count = page.get_by_text(re.compile(r"В очереди: \d+")).inner_text()
    before = int(count.rpartition(" ")[2])
    page.get_by_placeholder("Заметка").click()
    page.keyboard.type(f"заметка {key}")
    page.keyboard.press(key)
    if before > 1:
        page.get_by_text(f"В очереди: {before - 1}").wait_for()
    settle(page)
    notes = [one.note for one in Archive(desk.settings.archive_url).queue(20, judged=True)]
    assert f"заметка {key}" in notes
    page.context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1366), ("dark", 390)])
def test_a_situation_is_edited_proven_and_published(
    browser: Browser, desk: Desk, scheme: str, width: int
) -> None:
    page = open_page(browser, desk.address, scheme, width, 844)
    page.goto(f"{desk.address}/knowledge")
    page.locator(".coach-instruction mark").first.wait_for()
    settle(page)
    box = page.get_by_role("textbox", name="Файл ситуации")
    published = box.input_value()
    box.fill(published.replace("нет возможности. Если", "есть возможность. Если"))
    page.keyboard.press("Control+Enter")
    page.get_by_text("boss_phone.md, строка").first.wait_for()
    shoot(page, f"slip-{scheme}-{width}")
    title = "Просят номер директора" if "Требуют" in published else "Требуют телефон руководства"
    lines = [
        f"title: {title}" if line.startswith("title:") else line for line in published.splitlines()
    ]
    box.fill("\n".join(lines) + "\n")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Посмотреть, что изменится").click()
    page.get_by_role("button", name="Опубликовать").click(timeout=SOON)
    page.get_by_text("Опубликовано: версия").first.wait_for(timeout=SOON)
    page.get_by_text("История", exact=True).click()
    page.locator("summary", has_text=f"правка файла «{title}»").first.click()
    page.get_by_text(f"+title: {title}").first.wait_for()
    shoot(page, f"history-{scheme}-{width}")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.context.close()
