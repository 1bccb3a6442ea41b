"""Signing in with a real provider in a real Chromium: who may what, and who sees whose words."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from coach.doctor import examine
from coach.settings import PROJECT_FOLDER, Settings
from eval.served_page import ServedPage, free_port, run_page
from tests.browsing import SHOTS
from tests.conftest import make_settings
from tests.identity_provider import CLIENT_SECRET, PASSWORD, SIGN_IN, Provider, run_provider
from ui.words import word

PEOPLE = {
    "olga": ["operators"],
    "petr": ["operators"],
    "tanya": ["trainers"],
    "anna": ["admins"],
    "nina": ["accountants"],
}
QUESTION, CHILD_AGAIN = "в трубке ребёнок, что сказать", "звонит ребёнок, что мне делать"
SOON = 30_000
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with run_provider(f"http://127.0.0.1:{free_port()}", PEOPLE) as running:
        yield running


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the served process may write for itself."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(scope="module")
def served(provider: Provider, real_settings: Settings, homes: Path) -> Iterator[ServedPage]:
    port = int(provider.page.rsplit(":", 1)[1])
    database = f"sqlite:///{homes}/coach.db"
    places = {"HOME": str(homes), "TMPDIR": str(homes), "COACH_DATABASE_URL": database}
    with run_page(port, **provider.environment, **places) as page:
        yield page


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="ru-RU", viewport={"width": 1366, "height": 768})
    yield context.new_page()
    context.close()


def another(page: Page) -> Page:
    """A page of another browser, with cookies of its own."""
    assert page.context.browser is not None
    return page.context.browser.new_context(locale="ru-RU").new_page()


def sign_in(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.get_by_role("button", name=word("access.sign_in"), exact=True).click()
    page.locator("input[name=login]").fill(name)
    page.locator("button[type=submit]").first.click()
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("button[type=submit]").first.click()
    page.wait_for_url(f"{address}/**")
    page.get_by_text(f"{name}@coach.test").first.wait_for(timeout=SOON)


def links(page: Page) -> list[str]:
    """What the navigation offers."""
    return page.get_by_test_id("stTopNavLink").all_inner_texts()


def ask(page: Page, question: str = QUESTION) -> str:
    """Ask a question about a child; return the address of the conversation."""
    page.get_by_test_id("stChatInputTextArea").fill(question)
    page.keyboard.press("Enter")
    page.get_by_text("На линии ребёнок").first.wait_for(timeout=SOON)
    page.get_by_role("button", name=word("feedback.helped"), exact=True).wait_for(timeout=SOON)
    page.wait_for_url(re.compile(r"\?c=\w+"))
    return page.url


def test_signed_out_there_is_only_a_button(page: Page, served: ServedPage) -> None:
    for place in ("", "/review", "/data"):
        page.goto(served.address + place)
        page.get_by_role("button", name=word("access.sign_in"), exact=True).wait_for(timeout=SOON)
        assert page.get_by_test_id("stChatInputTextArea").count() == 0
        assert page.get_by_text(word("review.heading")).count() == 0
        assert page.get_by_text(word("data.heading")).count() == 0
        assert links(page) == []
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / "signed-out.png")


def test_an_operator_asks_and_sees_nothing_of_others_pages(page: Page, served: ServedPage) -> None:
    sign_in(page, served.address, "olga")
    ask(page)
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / "signed-in-operator.png")
    assert links(page) == []  # one page needs no navigation
    for place, heading in (("/review", "review.heading"), ("/data", "data.heading")):
        page.goto(served.address + place)
        page.get_by_text(word("access.refused")).wait_for(timeout=SOON)
        assert page.get_by_text(word(heading)).count() == 0
        assert page.get_by_text(QUESTION).count() == 0
        assert page.get_by_test_id("stChatInputTextArea").count() == 0
    page.screenshot(path=SHOTS / "refused.png")
    page.get_by_role("link", name=word("access.to_chat")).click()
    page.get_by_test_id("stChatInputTextArea").wait_for(timeout=SOON)


def test_another_operator_cannot_open_the_conversation(page: Page, served: ServedPage) -> None:
    sign_in(page, served.address, "olga")
    conversation = ask(page)
    page.goto(conversation)
    page.get_by_text(f"Вопрос: {QUESTION}").first.wait_for(timeout=SOON)
    for name in ("petr", "anna"):
        other = another(page)
        sign_in(other, served.address, name)
        other.goto(conversation)
        other.get_by_text(word("empty.heading")).wait_for(timeout=SOON)
        assert other.get_by_text(QUESTION).count() == 0
        other.context.close()


def test_a_trainer_reviews_under_their_own_name(page: Page, served: ServedPage) -> None:
    sign_in(page, served.address, "petr")
    ask(page, CHILD_AGAIN)
    trainer = another(page)
    sign_in(trainer, served.address, "tanya")
    trainer.get_by_role("link", name=word("pages.review")).click(timeout=SOON)
    trainer.get_by_text(word("review.heading")).wait_for(timeout=SOON)
    assert word("pages.data") not in links(trainer)
    answer = trainer.get_by_role("button", name=re.compile(CHILD_AGAIN))
    answer.click()
    trainer.get_by_text(f"Вопрос: {CHILD_AGAIN}").wait_for(timeout=SOON)
    trainer.get_by_role("button", name=re.compile(f"^{word('review.right')}")).click()
    expect(answer).to_have_count(0, timeout=SOON)
    trainer.get_by_text(word("review.judged"), exact=True).click()
    answer.click()
    judged = word("review.judged_by", trainer="tanya@coach.test", verdict=word("review.right"))
    trainer.get_by_text(judged).wait_for(timeout=SOON)
    trainer.goto(f"{served.address}/data")
    trainer.get_by_text(word("access.refused")).wait_for(timeout=SOON)
    assert trainer.get_by_text(word("data.heading")).count() == 0
    trainer.context.close()


def test_an_admin_downloads_and_deletes_one_operators_data(page: Page, served: ServedPage) -> None:
    sign_in(page, served.address, "petr")
    ask(page)
    admin = another(page)
    sign_in(admin, served.address, "anna")
    admin.get_by_role("link", name=word("pages.data")).click(timeout=SOON)
    admin.get_by_text(word("data.heading")).wait_for(timeout=SOON)
    admin.get_by_role("combobox").click()
    admin.get_by_role("option", name="petr@coach.test").click()
    with admin.expect_download() as download:
        admin.get_by_role("button", name=word("data.export")).click()
    copied = json.loads(download.value.path().read_text("utf-8"))
    assert copied[-1]["reply"]["question"] == QUESTION
    admin.get_by_role("button", name=word("data.forget")).click()
    admin.get_by_text(re.compile("Удалить всё.*petr@coach.test")).wait_for(timeout=SOON)
    admin.screenshot(path=SHOTS / "data.png")
    admin.get_by_role("button", name=word("data.confirmed")).click()
    admin.get_by_text(re.compile("Удалено: petr@coach.test")).wait_for(timeout=SOON)
    page.reload()
    page.get_by_text(word("empty.heading")).wait_for(timeout=SOON)
    admin.context.close()


def test_signing_out_asks_for_the_password_again(page: Page, served: ServedPage) -> None:
    sign_in(page, served.address, "olga")
    conversation = ask(page)
    page.get_by_role("button", name=word("access.sign_out"), exact=True).click()
    page.get_by_role("button", name=word("access.sign_in"), exact=True).wait_for(timeout=SOON)
    page.goto(conversation)
    page.get_by_role("button", name=word("access.sign_in"), exact=True).click()
    page.locator("input[name=login]").wait_for(timeout=SOON)
    assert page.get_by_text(QUESTION).count() == 0


def test_somebody_without_a_role_is_told_whom_to_ask(page: Page, served: ServedPage) -> None:
    sign_in(page, served.address, "nina")
    page.get_by_text(word("access.no_role", name="nina@coach.test")).wait_for(timeout=SOON)
    assert page.get_by_test_id("stChatInputTextArea").count() == 0
    assert links(page) == []
    page.screenshot(path=SHOTS / "no-role.png")
    page.get_by_role("button", name=word("access.sign_out"), exact=True).click()
    page.get_by_role("button", name=word("access.sign_in"), exact=True).wait_for(timeout=SOON)


def test_the_cookie_is_signed_and_closed_to_scripts(page: Page, served: ServedPage) -> None:
    sign_in(page, served.address, "olga")
    (cookie,) = [one for one in page.context.cookies() if one["name"] == "_streamlit_user"]
    assert cookie["httpOnly"]
    assert "_streamlit_user" not in page.evaluate("document.cookie")
    forged = cookie["value"][:-4] + ("aaaa" if cookie["value"][-4:] != "aaaa" else "bbbb")
    page.context.add_cookies([{**cookie, "value": forged}])  # type: ignore[list-item]
    page.reload()
    page.get_by_role("button", name=word("access.sign_in"), exact=True).wait_for(timeout=SOON)


def test_no_secret_is_written_to_disk(page: Page, served: ServedPage, homes: Path) -> None:
    sign_in(page, served.address, "olga")
    ask(page)
    written = [path for path in homes.rglob("*") if path.is_file()]
    assert homes / "coach.db" in written
    assert [path for path in written if CLIENT_SECRET.encode() in path.read_bytes()] == []
    assert not (PROJECT_FOLDER / ".streamlit").exists()


def test_the_doctor_asks_the_provider(provider: Provider) -> None:
    values = {
        name.removeprefix("COACH_").lower(): one for name, one in provider.environment.items()
    }
    settings = make_settings(**values)
    (found,) = [one for one in examine(settings) if one.name == "signing_in"]
    assert found.is_fine
    assert provider.address in found.line
    for wrong in (f"{provider.address}/nowhere", f"{provider.address}/oauth/jwks.json"):
        change = settings.model_copy(update={"oidc_metadata_url": wrong})
        (found,) = [one for one in examine(change) if one.name == "signing_in"]
        assert not found.is_fine
        assert wrong in found.line


def test_browsers_may_come_by_the_public_address(real_settings: Settings) -> None:
    with run_page(**{f"COACH_{name.upper()}": value for name, value in SIGN_IN.items()}) as served:
        port = int(served.address.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
            asked = (
                "GET /_stcore/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nOrigin: {SIGN_IN['public_url']}"
                "\r\n\r\n"
            )
            line.sendall(asked.encode())
            assert line.recv(100).startswith(b"HTTP/1.1 101")
