"""A real headless Chromium for tests: opened on loopback alone, with what they do on a page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from coach.settings import PROJECT_FOLDER

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SHOTS = PROJECT_FOLDER / "build" / "screenshots"


@contextmanager
def run_browser() -> Iterator[Browser]:
    """Run Chromium for the length of a `with` block; skip, or fail where it is required."""
    if CHROMIUM is None:
        if os.environ.get("COACH_REQUIRE_BROWSER"):
            pytest.fail("Chromium is required here: run `make browser` as root")
        pytest.skip("NO CHROMIUM: the page was NOT tried in a browser; run `make browser` as root")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()


def open_page(
    browser: Browser, address: str, scheme: str, width: int, height: int, script: str = ""
) -> Page:
    """Open the page in a fresh context, where `script` has run before anything else."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
        locale="ru-RU",
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.route("**/*", lambda route: _only_loopback(route, address))
    context.add_init_script(script or "undefined")
    page = context.new_page()
    page.goto(address)
    page.get_by_test_id("stChatInputTextArea").wait_for(timeout=30_000)
    page.wait_for_function("document.activeElement.dataset.testid === 'stChatInputTextArea'")
    return page


def _only_loopback(route: object, address: str) -> None:
    request = route.request  # type: ignore[attr-defined]
    if request.url.startswith((address, "data:", "blob:")):
        route.continue_()  # type: ignore[attr-defined]
    else:
        OUTSIDE.append(request.url)
        route.abort()  # type: ignore[attr-defined]


OUTSIDE: list[str] = []


def ask(page: Page, question: str) -> None:
    page.keyboard.type(question)
    page.keyboard.press("Enter")
    page.get_by_text(f"Вопрос: {question}", exact=True).wait_for()
