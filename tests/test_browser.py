"""The page in a real headless Chromium: asked by keyboard, copied, its source opened."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from coach.settings import Settings
from eval.served_page import run_page
from tests.browsing import OUTSIDE, SHOTS, ask, open_page

pytestmark = pytest.mark.browser

# What a browser gives a page that comes neither by https nor from loopback.
PLAIN_HTTP = "Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true})"


@pytest.fixture(scope="module")
def address(real_settings: Settings) -> Iterator[str]:
    with run_page() as served:
        yield served.address


@pytest.mark.parametrize(
    ("scheme", "width", "height"),
    [("light", 1366, 768), ("dark", 1366, 768), ("light", 390, 844), ("dark", 390, 844)],
)
def test_ask_by_keyboard_copy_and_open_the_source(
    browser: Browser, address: str, scheme: str, width: int, height: int
) -> None:
    page = open_page(browser, address, scheme, width, height)
    ask(page, "клиент требует телефон директора")
    phrase = page.get_by_test_id("stCode").first
    phrase.wait_for()
    assert "Извините, предоставить" in phrase.inner_text()
    box = phrase.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < height / 2
    sizes = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,p,code')]"
        ".map(one => [one.tagName, parseFloat(getComputedStyle(one).fontSize)])"
    )
    largest = max(size for _, size in sizes)
    assert all(tag == "CODE" for tag, size in sizes if size == largest)
    phrase.get_by_role("button").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == phrase.inner_text().strip()
    page.get_by_role("button", name="[1]", exact=True).first.click()
    mark = page.locator(".coach-instruction mark")
    mark.wait_for()
    page.wait_for_timeout(1000)
    mark_box = mark.bounding_box()
    assert mark_box is not None
    assert 0 < mark_box["y"] < height
    assert mark.inner_text().startswith("Извините,")
    page.keyboard.press("Escape")
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"card-{scheme}-{width}.png")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.context.close()


def test_a_refusal_offers_choices_that_answer(browser: Browser, address: str) -> None:
    page = open_page(browser, address, "light", 1366, 768)
    ask(page, "какую скидку дать клиенту")
    page.get_by_text("Если вы о другом, выберите:").wait_for()
    page.screenshot(path=SHOTS / "refusal-light-1366.png")
    page.locator("[class*=st-key-choice] button").first.click()
    page.get_by_text("Проверено по инструкции").wait_for()
    page.context.close()


def test_keys_copy_take_a_choice_clear_the_box_and_close_the_source(
    browser: Browser, address: str
) -> None:
    page = open_page(browser, address, "light", 1366, 768)
    box = page.get_by_test_id("stChatInputTextArea")
    ask(page, "у клиента вопрос про скидку")
    page.get_by_text("Если вы о другом, выберите:").wait_for()
    page.keyboard.press("1")
    page.get_by_text("Проверено по инструкции").wait_for()
    page.keyboard.press("Alt+Digit2")
    page.get_by_text("Вопрос: Ребёнок", exact=True).wait_for()
    phrase = page.get_by_test_id("stCode").filter(has_text="Рядом с Вами").first
    phrase.get_by_role("button", name="Копировать фразу").wait_for()
    page.keyboard.press("Alt+KeyC")
    phrase.get_by_role("button", name="Скопировано").wait_for()
    assert phrase.inner_text().strip() == page.evaluate("navigator.clipboard.readText()")
    phrase.get_by_role("button", name="Копировать фразу").wait_for()
    page.get_by_role("button", name="[1]", exact=True).first.click()
    page.locator(".coach-instruction mark").wait_for()
    box.fill("недописанное")
    page.keyboard.press("Escape")
    assert box.input_value() == ""
    page.keyboard.press("Escape")
    page.locator(".coach-instruction mark").wait_for(state="detached")
    assert "На линии ребёнок" in page.locator("[aria-live=polite]").inner_text()
    page.goto(f"{address}/review")
    page.get_by_role("button", name="фраза скопирована").first.wait_for()
    page.context.close()


def test_over_plain_http_a_phrase_is_copied_all_the_same(browser: Browser, address: str) -> None:
    page = open_page(browser, address, "light", 1366, 768, PLAIN_HTTP)
    ask(page, "дайте телефон директора копия")
    phrase = page.get_by_test_id("stCode").first
    phrase.get_by_role("button", name="Копировать фразу").wait_for()
    box = page.get_by_test_id("stChatInputTextArea")
    box.focus()
    page.keyboard.press("Alt+KeyC")
    phrase.get_by_role("button", name="Скопировано").wait_for()
    page.keyboard.press("Control+KeyV")  # the box has the focus again
    assert box.input_value() == phrase.inner_text().strip()
    page.goto(f"{address}/review")
    line = page.get_by_role("button", name="дайте телефон директора копия · фраза скопирована")
    line.wait_for()
    page.context.close()


@pytest.mark.xfail(
    reason="the copy by hand is told on the page, its signal does not reach «Разбор»"
)
def test_a_refused_copy_says_what_to_do_and_only_a_copy_by_hand_is_archived(
    browser: Browser, address: str
) -> None:
    refused = f"{PLAIN_HTTP}; document.execCommand = () => false"
    page = open_page(browser, address, "light", 1366, 768, refused)
    question = "дайте телефон директора отказ"
    ask(page, question)
    phrase = page.get_by_test_id("stCode").first
    phrase.get_by_role("button", name="Копировать фразу").click()
    page.get_by_role("alert").filter(has_text="нажмите Ctrl+C").wait_for()
    assert phrase.get_by_role("button", name="Скопировано").count() == 0
    assert page.evaluate("getSelection().toString().trim()") == phrase.inner_text().strip()
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / "copy-by-hand-light.png")
    trainer = open_page(browser, address, "light", 1366, 768)
    trainer.goto(f"{address}/review")
    trainer.get_by_role("button", name=f"{question} · ✓ Проверено по инструкции").wait_for()
    page.keyboard.press("Control+KeyC")
    page.get_by_role("alert").filter(has_text="нажмите Ctrl+C").wait_for(state="hidden")
    page.wait_for_timeout(1000)  # until the signal is kept
    trainer.reload()
    trainer.get_by_role("button", name=f"{question} · фраза скопирована").wait_for()
    for opened in (page, trainer):
        opened.context.close()


def test_a_trainer_copies_over_plain_http_too(browser: Browser, address: str) -> None:
    page = open_page(browser, address, "light", 1366, 768, PLAIN_HTTP)
    ask(page, "дайте телефон директора тренеру")
    page.get_by_role("button", name="Не помогло").wait_for()  # by then the answer is kept
    page.goto(f"{address}/review")
    page.get_by_role("button", name="дайте телефон директора тренеру").click()
    page.get_by_text("Вопрос: дайте телефон директора тренеру", exact=True).wait_for()
    phrase = page.get_by_test_id("stCode").first
    phrase.get_by_role("button").click()
    note = page.get_by_placeholder("Заметка")
    note.focus()
    page.keyboard.press("Control+KeyV")
    assert note.input_value() == phrase.inner_text().strip()
    page.context.close()


def test_what_streamlit_says_is_russian(browser: Browser, address: str) -> None:
    page = open_page(browser, address, "light", 1366, 768)
    assert page.evaluate("document.documentElement.lang") == "ru"
    page.get_by_role("button", name="Спросить").wait_for()
    ask(page, "Stop")
    labels = page.evaluate(
        "[...document.querySelectorAll('[aria-label], [title]')]"
        ".flatMap(one => [one.ariaLabel, one.title])"
    )
    assert not {"Send message", "Skip to main content", "Copy to clipboard"} & {*labels}
    page.context.close()


def test_a_digit_that_begins_a_question_takes_no_choice(browser: Browser, address: str) -> None:
    page = open_page(browser, address, "light", 1366, 768)
    ask(page, "какую скидку дать клиенту")
    page.get_by_text("Если вы о другом, выберите:").wait_for()
    page.keyboard.type("2 раза говорит медленно", delay=150)
    page.keyboard.press("Enter")
    page.get_by_text("Вопрос: 2 раза говорит медленно", exact=True).wait_for()
    page.context.close()


def test_danger_is_told_large_and_its_choices_are_folded(browser: Browser, address: str) -> None:
    page = open_page(browser, address, "light", 1366, 768)
    ask(page, "говорит что сейчас прыгнет с крыши")
    told = page.get_by_role("heading", name="112")
    told.wait_for()
    assert page.locator("[class*=st-key-choice] button").first.is_hidden()
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / "danger-light.png")
    page.context.close()


def test_two_tabs_keep_their_own_conversations(browser: Browser, address: str) -> None:
    first = open_page(browser, address, "light", 1366, 768)
    second = open_page(browser, address, "light", 1366, 768)
    ask(first, "в трубке ребёнок")
    ask(second, "клиент требует телефон директора")
    assert first.get_by_text("Требуют телефон руководства").count() == 0
    assert second.get_by_text("На линии ребёнок").count() == 0
    first.context.close()
    second.context.close()


def test_html_typed_by_a_user_is_inert(browser: Browser, address: str) -> None:
    page = open_page(browser, address, "light", 1366, 768)
    ask(page, "<img src=x onerror=window.hacked=1><b>ребёнок</b>")
    ask(page, "ещё **вопрос** [link](http://x.test)")
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[src=x]").count() == 0
    assert page.get_by_role("link", name="link").count() == 0
    ask(page, "см http://evil.test/x и www.evil.test и mailto:a@b.test a@b.test")
    ask(page, "говорит медленно")
    page.get_by_text("evil").first.wait_for()
    assert page.locator("[data-testid=stExpander] a").count() == 0
    page.context.close()


@pytest.mark.parametrize(("scheme", "width", "height"), [("light", 1366, 768), ("dark", 390, 844)])
def test_the_quality_page_draws_its_charts_and_fits(
    browser: Browser, address: str, scheme: str, width: int, height: int
) -> None:
    page = open_page(browser, address, scheme, width, height)
    ask(page, "в трубке ребёнок")
    page.get_by_role("button", name="Не помогло").wait_for()  # by then the answer is kept
    page.goto(f"{address}/quality")
    page.get_by_role("button", name="Таблица CSV").wait_for(timeout=30_000)
    chart = page.get_by_test_id("stVegaLiteChart").first
    chart.locator("svg.marks").wait_for()
    assert page.get_by_text("Ни разу не спросили:").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"quality-{scheme}-{width}.png")
    page.context.close()


def test_a_reload_keeps_the_conversation_and_the_trainer_sees_the_opinion(
    browser: Browser, address: str
) -> None:
    page = open_page(browser, address, "light", 1366, 768)
    page.get_by_test_id("stChatInputTextArea").fill("в трубке ребёнок, что сказать")
    page.keyboard.press("Enter")
    page.get_by_text("На линии ребёнок").first.wait_for()
    page.get_by_role("button", name="Не помогло").click()
    page.get_by_text("Записано, тренер увидит.").wait_for()
    page.reload()
    page.get_by_text("Вопрос: в трубке ребёнок, что сказать").first.wait_for()
    assert page.get_by_test_id("stCode").first.inner_text().startswith("Рядом с Вами")
    page.goto(f"{address}/review")
    page.get_by_role("button", name="в трубке ребёнок, что сказать · Не помогло").wait_for()
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / "review-light.png")
    page.context.close()


def test_the_page_asked_nothing_from_outside() -> None:
    assert OUTSIDE == []
