"""Serving the page: one Coach for all, renewed when new knowledge is published."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from coach import build_index
from coach.archive.tables import ConversationRow, now
from coach.assembly import open_archive, report_nothing
from coach.errors import SettingsError
from coach.hosts import page_url
from coach.serving import (
    PAGE_OPTIONS,
    _check_address,
    _check_protected,
    forget_daily,
    open_published,
    serve_page,
    shared_coach,
)
from coach.settings import PROJECT_FOLDER, Settings
from eval.served_page import run_page
from tests.conftest import make_settings
from tests.identity_provider import SIGN_IN


def test_sessions_share_one_coach_until_new_knowledge_is_published(
    small_settings: Settings,
) -> None:
    first = shared_coach(small_settings)
    assert shared_coach(small_settings) is first
    path = small_settings.knowledge / "questions/none.txt"
    path.write_text(path.read_text("utf-8") + "ещё вопрос без ответа\n", "utf-8")
    assert shared_coach(small_settings) is first
    build_index(small_settings, report=report_nothing)
    assert shared_coach(small_settings) is first  # nobody waits for the opening
    renewed = open_published(small_settings)
    assert renewed is not first
    assert renewed.knowledge.version != first.knowledge.version
    assert shared_coach(small_settings) is renewed


def test_an_index_deleted_meanwhile_goes_on_serving(small_settings: Settings) -> None:
    coach = shared_coach(small_settings)
    (small_settings.index / "current").unlink()
    assert shared_coach(small_settings) is coach
    assert coach.reply([], "дайте телефон директора").answered


def test_many_sessions_at_once_get_right_answers(small_settings: Settings) -> None:
    wrong: list[str] = []

    def ask() -> None:
        for _ in range(20):
            reply = shared_coach(small_settings).reply([], "дайте телефон директора")
            if reply.situations[0].id != "boss_phone":
                wrong.append(reply.text)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_taken_port_is_told_before_anything_starts(small_settings: Settings) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(SettingsError, match=f"{port}.*COACH_PORT"):
            serve_page(small_settings.model_copy(update={"port": port}))


def test_the_command_serves_the_page_and_says_where(real_settings: Settings) -> None:
    with run_page() as served:
        assert served.address in served.said
        assert served.process.poll() is None


def test_a_page_that_runs_for_long_forgets_what_grows_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coach.serving.DAY_SECONDS", 0.05)
    settings = make_settings(database_url=f"sqlite:///{tmp_path}/coach.db", keep_days=30)
    stop = threading.Event()
    thread = threading.Thread(target=forget_daily, args=(settings, stop))
    thread.start()
    try:
        archive = open_archive(settings)
        names = [archive.start("old"), archive.start("new")]
        with Session(archive._engine) as session, session.begin():
            past = now() - timedelta(days=31)
            session.execute(
                update(ConversationRow)
                .where(ConversationRow.id == names[0])
                .values(started_at=past)
            )
        deadline = time.monotonic() + 30
        while len(archive.operators()) == 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [one.name for one in archive.operators()] == ["new"]
    finally:
        stop.set()
        thread.join()


def test_nothing_is_forgotten_where_all_is_kept() -> None:
    forget_daily(make_settings(keep_days=0, database_url="nonsense"))


def check_machine(*, cwd: Path, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [sys.executable, str(PROJECT_FOLDER / ".ci/check_machine.py")],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return f"{done.returncode} {done.stderr}"


def test_the_machine_check_is_quiet_on_a_sound_machine(tmp_path: Path) -> None:
    assert check_machine(cwd=tmp_path) == "0 "


def test_an_old_python_is_told_in_one_line(tmp_path: Path) -> None:
    script = tmp_path / "check_machine.py"
    shutil.copyfile(PROJECT_FOLDER / ".ci/check_machine.py", script)
    lowered = script.read_text("utf-8").replace("(3, 11)", "(9, 9)")
    script.write_text(lowered, "utf-8")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Нужен Python 3.11" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_an_address_beyond_loopback_is_refused_by_default(host: str) -> None:
    with pytest.raises(SettingsError, match="COACH_UNPROTECTED"):
        _check_protected(make_settings(host=host))
    _check_protected(make_settings(host=host, unprotected=True))
    _check_protected(make_settings(host=host, **SIGN_IN))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1"])
def test_loopback_needs_no_protection(host: str) -> None:
    _check_protected(make_settings(host=host))


def test_an_ipv6_address_is_listened_at_and_put_in_brackets(small_settings: Settings) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as holder:
        port = holder.getsockname()[1]
        taken = small_settings.model_copy(update={"host": "::1", "port": port})
        with pytest.raises(SettingsError, match=str(port)):
            _check_address(taken)
    _check_address(taken)
    assert page_url(taken) == f"http://[::1]:{port}"
    assert page_url(make_settings()) == "http://127.0.0.1:8501"


@pytest.mark.parametrize("host", ["nosuch.host.invalid", "x" * 70, "192.0.2.1"])
def test_a_host_that_is_not_here_is_told(small_settings: Settings, host: str) -> None:
    change = {"host": host, "unprotected": True}
    with pytest.raises(SettingsError, match="COACH_HOST"):
        _check_address(small_settings.model_copy(update=change))


def test_the_page_s_options_are_streamlit_s_own() -> None:
    from streamlit import config

    known = {name.replace(".", "_") for name in config.get_config_options()}
    assert {*PAGE_OPTIONS} <= known
    assert PAGE_OPTIONS["runner_postScriptGC"] is False


def test_sums_take_one_thread_each() -> None:
    script = (
        "from coach.assembly import prepare_libraries; from coach.settings import load_settings\n"
        "prepare_libraries(load_settings())\n"
        "import numpy, threadpoolctl; print([one['num_threads'] for one in"
        " threadpoolctl.threadpool_info() if one['internal_api'] == 'openblas'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[1]"
