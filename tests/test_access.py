"""Who may what: roles from claims, every page for every role, the admin's page."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from coach.coaching import Coach
from coach.errors import AccessError, SettingsError
from coach.settings import Settings
from coach.signing_in import ADMIN, OPERATOR, ROLES, TRAINER, SignIn, read_sign_in
from tests.conftest import make_settings
from tests.identity_provider import CLIENT_SECRET, SIGN_IN
from tests.test_page import PAGE, ask, words_on
from ui import access, process, session
from ui.access import LOCAL_USER, User, require
from ui.words import word

NEEDED = {
    "chat": OPERATOR,
    "review": TRAINER,
    "knowledge": TRAINER,
    "quality": TRAINER,
    "data": ADMIN,
}
HEADINGS = {
    "chat": "empty.heading",
    "review": "review.heading",
    "knowledge": "knowledge.heading",
    "quality": "quality.heading",
    "data": "data.heading",
}
ALONE = """
from ui.{name}_page import show_{name}
show_{name}()
"""

Become = Callable[[User | None], None]


def user(role: str, name: str = "olga") -> User:
    return User(name, frozenset({role} - {""}))


def sign_in(**values: str) -> SignIn:
    found = read_sign_in(make_settings(**{**SIGN_IN, **values}))
    assert found is not None
    return found


@pytest.fixture
def become(desk_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Become:
    """Be this user from now on; nobody at first."""
    present: list[User | None] = [None]
    monkeypatch.setattr(access, "current_user", lambda: present[0])

    def change(who: User | None) -> None:
        present[0] = who

    return change


def open_at(address: str) -> AppTest:
    """The application opened at the address of a page."""
    page = AppTest.from_file(PAGE, default_timeout=60)
    page._page_hash = calc_hash(address)
    page.run()
    assert not page.exception
    return page


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (OPERATOR, {OPERATOR}),
        (TRAINER, {OPERATOR, TRAINER}),
        (ADMIN, {OPERATOR, TRAINER, ADMIN}),
        ("", set()),
    ],
)
def test_an_admin_may_all_and_a_trainer_what_an_operator_may(role: str, allowed: set[str]) -> None:
    assert {one for one in ROLES if user(role).may(one)} == allowed
    assert not any(user(role, name="").may(one) for one in ROLES)


@pytest.mark.parametrize(
    ("claim", "roles"),
    [
        (["trainer", "x"], {TRAINER}),
        ("operator, admin", {OPERATOR, ADMIN}),
        ("operator trainer", {OPERATOR, TRAINER}),
        ("Operator", set()),
        ([], set()),
        ([["admin"]], set()),
        ({"admin": True}, set()),
        (7, set()),
        (None, set()),
    ],
)
def test_roles_come_from_a_list_or_from_words(claim: object, roles: set[str]) -> None:
    assert sign_in().roles_of({"roles": claim}) == roles
    assert sign_in().roles_of({}) == set()


def test_the_providers_own_words_are_mapped() -> None:
    found = sign_in(oidc_roles_claim="groups", oidc_roles="Call centre=operator, a=b=admin ,")
    assert found.roles_of({"groups": ["Call centre"]}) == {OPERATOR}
    assert found.roles_of({"groups": ["a=b"]}) == {ADMIN}
    assert found.roles_of({"groups": ["admin"], "roles": ["admin"]}) == set()


def test_a_name_comes_from_its_claim_and_never_from_an_unverified_address() -> None:
    assert sign_in().name_of({"email": " olga@x.ru "}) == "olga@x.ru"
    assert sign_in().name_of({"email": "olga@x.ru", "email_verified": True}) == "olga@x.ru"
    assert sign_in().name_of({"email": "olga@x.ru", "email_verified": False}) == ""
    assert sign_in().name_of({"name": "Ольга"}) == ""
    assert sign_in(oidc_name_claim="name").name_of({"name": "Ольга"}) == "Ольга"


def test_a_sign_in_holds_for_some_hours() -> None:
    found = sign_in(oidc_hours="2")
    assert not found.is_over({"iat": time.time() - 3600})
    assert found.is_over({"iat": time.time() - 3 * 3600})
    assert found.is_over({})


def test_without_settings_nobody_signs_in() -> None:
    assert read_sign_in(make_settings()) is None
    assert read_sign_in(make_settings(public_url="https://coach.test")) is None


@pytest.mark.parametrize("name", sorted(SIGN_IN))
def test_half_a_sign_in_names_what_is_missing(name: str) -> None:
    rest = {key: value for key, value in SIGN_IN.items() if key != name}
    with pytest.raises(SettingsError, match=f"не заданы COACH_{name.upper()}\\.") as caught:
        read_sign_in(make_settings(**rest))
    assert CLIENT_SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"oidc_roles": "admins"}, "COACH_OIDC_ROLES.*admins"),
        ({"oidc_roles": "admins=boss"}, "admins=boss.*operator, trainer, admin"),
        ({"oidc_roles": "=admin"}, "COACH_OIDC_ROLES"),
        ({"oidc_cookie_secret": "short"}, "COACH_OIDC_COOKIE_SECRET"),
        ({"public_url": "coach.test"}, "COACH_PUBLIC_URL"),
        ({"public_url": "https://coach.test/deep"}, "COACH_PUBLIC_URL.*без пути"),
        ({"public_url": "http://coach.test"}, "нужен https"),
        ({"public_url": "http://192.0.2.7:8501"}, "нужен https"),
    ],
)
def test_a_bad_sign_in_is_told(change: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        sign_in(**change)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8501/", "http://localhost", "https://[::1]:1"])
def test_loopback_may_do_without_tls(url: str) -> None:
    found = sign_in(public_url=url)
    assert found.streamlit_secrets()["redirect_uri"] == url.rstrip("/") + "/oauth2callback"


def test_secrets_are_masked_wherever_a_sign_in_is_printed() -> None:
    shown = repr(sign_in())
    assert CLIENT_SECRET not in shown
    assert SIGN_IN["oidc_cookie_secret"] not in shown


@pytest.mark.parametrize("address", sorted(NEEDED))
@pytest.mark.parametrize("role", [*ROLES, "", None])
def test_a_page_opens_to_its_role_alone(become: Become, address: str, role: str | None) -> None:
    who = None if role is None else user(role)
    become(who)
    shown = words_on(open_at(address))
    heading = word(HEADINGS[address])
    is_open = who is not None and who.may(NEEDED[address])
    assert (heading in shown) == is_open
    lines = {
        word("access.sign_in"): who is None,
        word("access.no_role", name="olga"): role == "",
        word("access.refused"): bool(role) and not is_open,
        word("access.sign_out"): who is not None,
    }
    assert {line: line in shown for line in lines} == lines
    assert word("access.local") not in shown
    assert [word(key) for key in HEADINGS.values() if word(key) in shown] == [heading] * is_open


def test_every_page_is_among_those_that_are_tried_here() -> None:
    modules = Path(PAGE).parent.glob("*_page.py")
    assert {path.name.removesuffix("_page.py") for path in modules} == set(NEEDED)
    code = Path(PAGE).read_text("utf-8")
    registered = re.findall(r'^ +register\(\w+, (\w+), "(\w+)"', code, re.MULTILINE)
    assert {name: role.lower() for role, name in registered} == NEEDED
    assert "st.Page(" not in code


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_no_page_runs_without_its_guard(become: Become, name: str) -> None:
    script = ALONE.format(name=name)
    become(User("olga", frozenset()))
    shown = words_on(AppTest.from_string(script, default_timeout=60).run())
    assert word(HEADINGS[name]) not in shown
    assert word("access.no_role", name="olga") in shown
    become(user(NEEDED[name]))
    assert word(HEADINGS[name]) in words_on(AppTest.from_string(script, default_timeout=60).run())


def test_somebody_without_a_name_is_told(become: Become) -> None:
    become(user(ADMIN, name=""))
    shown = words_on(open_at("chat"))
    assert word("access.no_name", claim="email") in shown
    assert word("empty.heading") not in shown


def test_a_name_is_never_markup(become: Become) -> None:
    become(user(OPERATOR, name="<b>olga</b> **x**"))
    page = open_at("review")
    markup = " ".join(str(one.proto.body) for one in page.get("html"))
    assert "<b>olga" not in markup
    assert "&lt;b&gt;olga" in markup
    assert len(page.markdown) == 0


def test_without_sign_in_one_local_user_may_all(desk_settings: Settings) -> None:
    for address, key in HEADINGS.items():
        shown = words_on(open_at(address))
        assert word(key) in shown
        assert word("access.local") in shown
        assert word("access.sign_out") not in shown
    ask(open_at("chat"), "дайте телефон директора")
    assert [one.name for one in process.archive().operators()] == [LOCAL_USER]


def test_a_half_set_sign_in_opens_nothing(
    desk_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = desk_settings.model_copy(update={"oidc_client_id": "coach"})
    monkeypatch.setattr(process, "load_settings", lambda: half)
    process.page_settings.clear()
    shown = words_on(open_at("chat"))
    assert "COACH_OIDC_METADATA_URL" in shown
    assert word("empty.heading") not in shown


def test_sign_in_set_and_nobody_signed_in_opens_nothing(
    desk_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {name: getattr(make_settings(**SIGN_IN), name) for name in SIGN_IN}
    monkeypatch.setattr(process, "load_settings", lambda: desk_settings.model_copy(update=asked))
    process.page_settings.clear()
    page = open_at("chat")
    shown = words_on(page)
    assert word("access.sign_in") in shown
    assert word("empty.heading") not in shown
    page.button(key="sign-in").click().run()  # nobody listens at the provider's address
    assert not page.exception
    assert word("access.no_provider") in words_on(page)


def test_nobody_reads_anothers_conversation_by_its_address(become: Become) -> None:
    become(user(OPERATOR))
    page = ask(open_at("chat"), "дайте телефон директора")
    name = page.query_params["c"]
    for who, is_own in ((user(OPERATOR), True), (user(ADMIN, "anna"), False)):
        become(who)
        again = AppTest.from_file(PAGE, default_timeout=60)
        again.query_params["c"] = name
        assert ("дайте телефон директора" in words_on(again.run())) == is_own


def test_work_of_a_button_asks_for_the_role_itself(become: Become) -> None:
    become(None)
    with pytest.raises(AccessError):
        session.operator()
    become(user(OPERATOR))
    assert session.operator() == "olga"
    with pytest.raises(AccessError):
        require(TRAINER)


def test_a_verdict_after_the_role_was_lost_is_not_kept(become: Become) -> None:
    become(user(TRAINER))
    ask(open_at("chat"), "дайте телефон директора")
    review = open_at("review")
    (button,) = [one for one in review.button if one.label == word("review.critical")]
    become(user(OPERATOR))
    button.click().run()
    assert not review.exception
    assert word("access.refused") in words_on(review)
    assert process.archive().queue(5, judged=True) == []


@pytest.fixture
def data(become: Become, coach: Coach) -> AppTest:
    """The admin's page, with two answers of olga's and one of petr's kept."""
    archive, reply = process.archive(), coach.reply([], "в трубке ребёнок")
    for name in ("olga", "olga", "petr"):
        archive.keep(archive.start(name), reply)
    become(user(ADMIN, "anna"))
    return open_at("data")


def pick(page: AppTest, name: str) -> AppTest:
    page.selectbox(key="data-picked").set_value(name).run()
    assert not page.exception
    return page


def test_the_admin_sees_who_is_in_the_archive_and_how_long(data: AppTest) -> None:
    today = f"{datetime.now(UTC):%d.%m.%Y}"
    shown = " ".join(words_on(data).split())
    assert f"olga 2 {today} petr 1 {today}" in shown
    assert word("data.keep", days=90) in words_on(data)


def test_an_empty_archive_says_so(become: Become) -> None:
    become(user(ADMIN, "anna"))
    assert word("data.empty") in words_on(open_at("data"))


def test_deletion_names_the_operator_and_waits_for_a_confirmation(data: AppTest) -> None:
    pick(data, "olga")
    assert "confirmed" not in {one.key for one in data.button}
    data.button(key="forget").click().run()
    assert word("data.confirm", name="olga", count=2) in words_on(data)
    data.button(key="cancel").click().run()
    assert "confirmed" not in {one.key for one in data.button}
    assert len(process.archive().operators()) == 2
    data.button(key="forget").click().run()
    pick(data, "petr")
    assert "confirmed" not in {one.key for one in data.button}
    pick(data, "olga")
    data.button(key="confirmed").click().run()
    assert not data.exception
    assert word("data.forgotten", name="olga", count=2) in words_on(data)
    assert [one.name for one in process.archive().operators()] == ["petr"]


def test_deletion_after_the_role_was_lost_deletes_nothing(data: AppTest, become: Become) -> None:
    pick(data, "olga")
    data.button(key="forget").click().run()
    become(user(TRAINER, "anna"))
    data.button(key="confirmed").click().run()
    assert word("access.refused") in words_on(data)
    assert len(process.archive().operators()) == 2


def test_the_copy_is_the_operators_own_data(data: AppTest) -> None:
    from ui.data_page import _write_copy

    pick(data, "olga")
    assert len(data.get("download_button")) == 1
    copied: list[dict[str, Any]] = json.loads(_write_copy(process.archive(), "olga"))
    assert [one["reply"]["question"] for one in copied] == ["в трубке ребёнок"] * 2
