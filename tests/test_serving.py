"""Serving the page: one Coach for all, renewed when new knowledge is published."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import time
import uuid
import weakref
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from coach import build_index
from coach.archive.tables import ConversationRow, now
from coach.assembly import open_archive, published_build, report_nothing
from coach.errors import IndexUnusableError, SettingsError
from coach.hosts import page_url
from coach.index.build import LOCK_SECONDS, lock_index
from coach.memory import map_large_blocks
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
from coach.teaching import LOCK, UNFINISHED
from coach.texts import text
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


def republish(settings: Settings) -> None:
    """Publish the served build once more, as another one, and drop the one before."""
    old = settings.index / "builds" / str(published_build(settings))
    new = old.with_name(uuid.uuid4().hex[:12])
    shutil.copytree(old, new)
    (settings.index / "current").write_text(new.name, "utf-8")
    shutil.rmtree(old)


def test_many_publishes_leave_no_memory_files_or_threads_behind(small_settings: Settings) -> None:
    questions = ["дайте телефон директора", "ребенк в трубке", "klient govorit medlenno"]
    page = psutil.Process()
    used: list[tuple[int, int, int]] = []
    map_large_blocks()
    shared_coach(small_settings)
    for _ in range(13):
        republish(small_settings)
        coach = open_published(small_settings)
        assert all(coach.reply([], one).answered for one in questions)
        del coach
        used.append((page.memory_info().rss, page.num_fds(), page.num_threads()))
    first, last = used[0], used[-1]
    assert last[0] - first[0] < 100 * 2**20
    assert last[1] - first[1] <= 12
    assert last[2] - first[2] <= 12


def test_nothing_of_the_coach_before_is_held_when_a_new_one_is_opened(
    small_settings: Settings,
) -> None:
    before = shared_coach(small_settings)
    before.reply([], "klient govorit medlenno")
    parts = [before, before._index, before._repairer._lexicon, before._index.questions]
    left = [weakref.ref(one) for one in parts]
    del before, parts
    republish(small_settings)
    open_published(small_settings)
    assert [one() for one in left] == [None] * 4


def test_who_still_asks_the_coach_before_is_answered(small_settings: Settings) -> None:
    before = shared_coach(small_settings)
    republish(small_settings)
    assert open_published(small_settings) is not before
    assert before.reply([], "дайте телефон директора").answered


def test_the_page_never_builds_in_its_own_process(
    small_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("built in the serving process")

    monkeypatch.setattr("coach.index.build.write_build", fail)
    coach = shared_coach(small_settings)
    path = small_settings.knowledge / "questions/none.txt"
    path.write_text(path.read_text("utf-8") + "дописано в редакторе\n", "utf-8")
    republish(small_settings)
    assert open_published(small_settings).knowledge.version == coach.knowledge.version


def test_a_page_that_starts_with_a_slip_serves_what_was_published_before(
    small_settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    build_index(small_settings, report=report_nothing)
    (small_settings.knowledge / "questions/none.txt").unlink()
    assert shared_coach(small_settings).reply([], "дайте телефон директора").answered
    told = capfd.readouterr().err
    assert "none.txt:1" in told
    assert text("index.serving_old") in told


def test_a_page_without_any_index_says_why_it_cannot_start(
    small_settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    (small_settings.knowledge / "questions/none.txt").unlink()
    with pytest.raises(IndexUnusableError, match="coach index"):
        shared_coach(small_settings)
    told = capfd.readouterr().err
    assert "none.txt:1" in told
    assert "Traceback" not in told


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


def free_port() -> int:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        return port


def test_the_command_serves_the_page_and_says_where(real_settings: Settings) -> None:
    with run_page() as served:
        assert served.address in served.said
        assert served.process.poll() is None


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that would be served: Streamlit itself is not started."""
    from streamlit.web import bootstrap

    served: list[str] = []
    monkeypatch.setattr(bootstrap, "load_config_options", lambda **_: None)
    monkeypatch.setattr(bootstrap, "run", lambda page, *_: served.append(page))
    return served


@pytest.mark.parametrize("words", ["", '{"path": "questions/x', '{"path": "situations/gone.md"}'])
def test_a_damaged_note_of_a_publish_is_not_in_the_way_of_serving(
    small_settings: Settings, no_server: list[str], words: str
) -> None:
    (small_settings.index / LOCK).mkdir()
    (small_settings.index / LOCK / UNFINISHED).write_text(words, "utf-8")
    serve_page(small_settings.model_copy(update={"port": free_port(), "keep_days": 0}))
    assert len(no_server) == 1


def test_a_folder_without_a_right_to_write_is_not_in_the_way_of_serving(
    small_settings: Settings,
    no_server: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    build_index(small_settings, report=report_nothing)

    def fail(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("coach.index.build.Path.mkdir", fail)
    serve_page(small_settings.model_copy(update={"port": free_port(), "keep_days": 0}))
    assert len(no_server) == 1
    assert "COACH_INDEX" in capsys.readouterr().err


def test_a_publish_that_goes_on_is_not_in_the_way_of_serving(
    small_settings: Settings, no_server: list[str]
) -> None:
    build_index(small_settings, report=report_nothing)
    started = time.monotonic()
    with lock_index(small_settings.index / LOCK):
        serve_page(small_settings.model_copy(update={"port": free_port(), "keep_days": 0}))
    assert len(no_server) == 1
    assert time.monotonic() - started < LOCK_SECONDS / 2


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
