"""The database: what is wrong with it is told, and what was kept before a migration is found."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import event
from sqlalchemy import text as sql
from streamlit.testing.v1 import AppTest

from coach.answering.reply import DroppedSentence
from coach.archive.archive import Archive
from coach.archive.database import BUSY_SECONDS, MIGRATIONS
from coach.archive.history import History
from coach.archive.needs import HELPED, WRONG
from coach.coaching import Coach
from coach.errors import ArchiveError
from coach.serving import forget_daily
from coach.settings import Settings
from tests.conftest import make_settings
from tests.test_page import PAGE, ask, words_on
from ui.words import word


def test_a_locked_database_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.archive.database.BUSY_SECONDS", 0.1)
    path = tmp_path / "coach.db"
    archive = Archive(f"sqlite:///{path}")
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("begin exclusive")
        with pytest.raises(ArchiveError, match="Карточки работают"):
            archive.start("operator")
        other.execute("rollback")
    assert archive.start("operator")


def test_reading_does_not_wait_for_those_who_write(tmp_path: Path, coach: Coach) -> None:
    path = tmp_path / "coach.db"
    archive = Archive(f"sqlite:///{path}")
    name = archive.start("operator")
    archive.keep(name, coach.reply([], "в трубке ребёнок"))
    began = threading.Event()
    event.listen(archive._engine, "before_cursor_execute", lambda *_: began.set())
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("begin exclusive")
        writing = threading.Thread(target=archive.start, args=("other",))
        writing.start()
        assert began.wait(30)
        started = time.monotonic()
        again = Archive(f"sqlite:///{path}")  # as a page that starts meanwhile
        for opened in (archive, again):
            assert len(opened.conversation(name, "operator")) == 1
            assert opened.queue_length() == 1
            assert len(opened.queue(5)) == len(opened.operators()) == 1
            assert History(opened).versions(5) == []
        assert writing.is_alive()
        assert time.monotonic() - started < BUSY_SECONDS / 2
        other.execute("rollback")
        writing.join()
    assert len(archive.operators()) == 2


def test_those_who_wait_to_write_are_told_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coach.archive.archive.BUSY_SECONDS", 0.1)
    archive = Archive(f"sqlite:///{tmp_path}/coach.db")
    with archive.session(), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(archive.start, "operator")
        with pytest.raises(ArchiveError, match="Карточки работают"):
            waiting.result(timeout=30)
    assert archive.start("operator")


def test_a_full_disk_is_told_and_what_was_kept_stays(tmp_path: Path, coach: Coach) -> None:
    archive = Archive(f"sqlite:///{tmp_path}/coach.db")
    name = archive.start("operator")
    reply = coach.reply([], "в трубке ребёнок")
    archive.keep(name, reply)

    def fill(connection: sqlite3.Connection, _: object) -> None:
        pages = connection.execute("pragma page_count").fetchone()[0]
        connection.execute(f"pragma max_page_count={pages}")

    event.listen(archive._engine, "connect", fill)
    archive._engine.dispose()

    def keep_many() -> None:
        for _ in range(20):
            archive.keep(name, reply)

    with pytest.raises(ArchiveError, match="Карточки работают"):
        keep_many()
    assert archive.conversation(name, "operator")


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "sqlite:////proc/nowhere/x.db",
        "oracle+x://a:secret@c/d",
        "postgresql://a:secret@c:port/d",
        "postgresql://a:b@c:secret@d/e",
        "://a:secret@c:port/d",
        "oracle+x://c/d?password=secret",
    ],
)
def test_a_database_that_cannot_be_is_told(url: str) -> None:
    with pytest.raises(ArchiveError, match="COACH_DATABASE_URL") as caught:
        Archive(url)
    assert "secret" not in str(caught.value)


def make_newer(path: Path) -> None:
    """A database that a newer version left."""
    archive = Archive(f"sqlite:///{path}")
    with archive._engine.begin() as connection:
        connection.execute(sql("update alembic_version set version_num = '0099'"))


def make_junk(path: Path) -> None:
    """A file that is no database."""
    path.write_bytes(b"junk" * 5000)


def make_anothers(path: Path) -> None:
    """A database of another program."""
    with closing(sqlite3.connect(path)) as other:
        other.execute("create table turns (name text)")


DAMAGES = {"newer": make_newer, "junk": make_junk, "another's": make_anothers}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_database_of_others_is_told_in_one_line(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "coach.db"
    damage(path)
    before = path.read_bytes()
    with pytest.raises(ArchiveError, match="COACH_DATABASE_URL") as told:
        Archive(f"sqlite:///{path}")
    assert "\n" not in str(told.value)
    assert "sqlalche.me" not in str(told.value)
    assert len(path.read_bytes()) >= len(before)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_page_over_a_database_of_others_answers_and_says_so(
    desk_settings: Settings, damage: Callable[[Path], None]
) -> None:
    damage(Path(desk_settings.archive_url.removeprefix("sqlite:///")))
    page = AppTest.from_file(PAGE, default_timeout=60).run()
    ask(page, "дайте телефон директора")
    shown = words_on(page)
    assert "COACH_DATABASE_URL" in shown
    assert page.code[0].value.startswith("Извините, предоставить такую информацию")
    assert word("failed") not in shown


def test_the_daily_forgetting_outlives_whatever_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coach.serving.DAY_SECONDS", 0.01)
    path = tmp_path / "coach.db"
    make_newer(path)
    settings = make_settings(database_url=f"sqlite:///{path}", keep_days=30)
    stop, opened = threading.Event(), list[str]()

    def fail_otherwise(_: Settings) -> Archive:
        opened.append("")
        if len(opened) == 1:
            return Archive(settings.archive_url)
        if len(opened) == 3:
            stop.set()
        raise RuntimeError

    monkeypatch.setattr("coach.serving.open_archive", fail_otherwise)
    forget_daily(settings, stop)
    assert len(opened) == 3


def test_the_daily_forgetting_survives_a_wrong_address() -> None:
    stop = threading.Event()
    stop.set()
    forget_daily(make_settings(database_url="postgresql://a:b@c:port/d", keep_days=30), stop)


def test_a_broken_database_is_told(archive: Archive, coach: Coach) -> None:
    name = archive.start("operator")
    with archive._engine.begin() as connection:
        connection.execute(sql("drop table signals"))
    turn = archive.keep(name, coach.reply([], "в трубке ребёнок"))
    with pytest.raises(ArchiveError, match="Карточки работают"):
        archive.signal(turn, HELPED)


def test_what_was_kept_before_is_found_after_the_migration(url: str, coach: Coach) -> None:
    danger = coach.reply([], "мне плохо с сердцем умираю")
    child, refused = coach.reply([], "в трубке ребёнок"), coach.reply([], "Ещё скидка")
    unsure = replace(refused, refusal=None)
    dropped = replace(child, dropped=(DroppedSentence("Звоните", "unsupported", ""),))
    doubted = replace(child, situations=(replace(child.situations[0], confidence=0.5),))
    replies = [danger, child, refused, unsure, dropped, doubted, child]
    archive = Archive(url)
    name = archive.start("operator")
    turns = [archive.keep(name, one) for one in replies]
    archive.signal(turns[6], WRONG)
    history = History(archive)
    history.add_lesson("Ирина", "rights", ("a", "b"), question="дай номер")
    history.add_lesson("Ирина", "rights", ("b", "c"), path="situations/rights.md")
    columns = sql("select need, folded, situations, nearest, is_dropped from turns order by id")
    with archive._engine.begin() as connection:
        before = connection.execute(columns).all()
        connection.execute(sql("update lessons set path = '' where question != ''"))
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
    archive = Archive(url)
    with archive._engine.begin() as connection:
        assert connection.execute(columns).all() == before
        assert connection.execute(columns).scalars().all() == [5, 0, 3, 2, 1, 1, 6]
    paths = [one.path for one in History(archive).lessons(5)]
    assert paths == ["situations/rights.md", "questions/rights.txt"]


def test_a_folder_with_a_percent_sign_is_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "скидка 100%"
    shutil.copytree(MIGRATIONS, folder / "migrations")
    monkeypatch.setattr("coach.archive.database.MIGRATIONS", folder / "migrations")
    assert Archive(f"sqlite:///{folder}/coach.db").operators() == []
