"""Shared fixtures: the real index, a small knowledge folder, an environment without settings."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from playwright.sync_api import Browser
from sqlalchemy import create_engine
from sqlalchemy import text as sql

from coach import build_coach, build_index
from coach.archive.archive import Archive
from coach.assembly import report_nothing
from coach.coaching import Coach
from coach.instruction.danger import CALM
from coach.instruction.knowledge import load_knowledge
from coach.settings import PROJECT_FOLDER, Settings
from eval.skeleton import write_skeleton
from tests.browsing import run_browser
from tests.postgres import run_postgres
from ui import process

SHARED = PROJECT_FOLDER.parent / "shared"
SMALL_SITUATIONS = ("boss_phone", "child_caller", "slow_speaker")
SMALL_QUESTIONS = 12
SMALL_DANGER, SMALL_CALM = 5, 400


def make_settings(**values: object) -> Settings:
    """Settings from the given values alone, whatever stands in a `.env` file."""
    return Settings(_env_file=None, **values)  # type: ignore[arg-type,call-arg]


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("COACH_")}
    required = {name: kept[name] for name in kept if name.startswith("COACH_REQUIRE_")}
    os.environ.update(required)
    yield
    os.environ.update(kept)


@pytest.fixture(scope="session")
def real_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The default settings but for the database, with the real index built."""
    database = tmp_path_factory.mktemp("archive") / "coach.db"
    settings = make_settings(database_url=f"sqlite:///{database}")
    build_index(settings, report=report_nothing)
    return settings


@pytest.fixture(scope="session")
def coach(real_settings: Settings) -> Coach:
    """The Coach on the real knowledge."""
    return build_coach(real_settings, report=report_nothing)


def copy_small_knowledge(folder: Path) -> Path:
    """Copy three situations and a dozen questions of each into a folder."""
    source = PROJECT_FOLDER / "knowledge"
    shutil.copytree(source / "instruction", folder / "instruction")
    for name in ("repairs.yaml", "synonyms.txt"):
        shutil.copyfile(source / name, folder / name)
    (folder / "situations").mkdir()
    (folder / "questions").mkdir()
    for name in SMALL_SITUATIONS:
        words = (source / "situations" / f"{name}.md").read_text(encoding="utf-8")
        lines = [
            "related: []" if line.startswith("related:") else line for line in words.splitlines()
        ]
        (folder / "situations" / f"{name}.md").write_text("\n".join(lines) + "\n", "utf-8")
    for name in (*SMALL_SITUATIONS, "none"):
        bank = (source / "questions" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        asked = [line for line in bank if line and not line.startswith("#")][:SMALL_QUESTIONS]
        text = "\n".join(["## автор: author_1", *asked]) + "\n"
        (folder / "questions" / f"{name}.txt").write_text(text, encoding="utf-8")
    _copy_small_danger(source / "danger", folder / "danger")
    return folder


def _copy_small_danger(source: Path, folder: Path) -> None:
    """Copy the first messages of each file: every name of the product's own stays overridden."""
    folder.mkdir()
    shutil.copyfile(source / "response.yaml", folder / "response.yaml")
    for path in source.glob("*.txt"):
        lines = path.read_text(encoding="utf-8").splitlines()
        most = SMALL_CALM if path.stem == CALM else SMALL_DANGER
        asked = [line for line in lines if line and not line.startswith("#")][:most]
        text = "\n".join(["## автор: author_1", *asked]) + "\n"
        (folder / path.name).write_text(text, encoding="utf-8")


def write_small_gold(knowledge: Path, folder: Path) -> Path:
    """A skeleton of a gold set with the titles written in as questions: three a situation."""
    gold = write_skeleton(knowledge, folder)
    titles = {name: found.title for name, found in load_knowledge(knowledge).situations.items()}
    path = gold / "questions.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    filled = [row | {"question": titles.get(row["situations"][0], "")} for row in rows]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in filled)
    path.write_text(lines, encoding="utf-8")
    return gold


@pytest.fixture
def small_knowledge(tmp_path: Path) -> Path:
    """A knowledge folder that builds in a second and may be spoiled."""
    folder = tmp_path / "knowledge"
    folder.mkdir()
    return copy_small_knowledge(folder)


@pytest.fixture
def small_settings(tmp_path: Path, small_knowledge: Path, real_settings: Settings) -> Settings:
    """Settings of a small index; the static model comes from the real one's cache."""
    index = tmp_path / "index"
    index.mkdir()
    (index / "embedders").symlink_to(real_settings.index / "embedders")
    url = f"sqlite:///{tmp_path}/coach.db"
    return make_settings(knowledge=small_knowledge, index=index, database_url=url)


@pytest.fixture
def desk_settings(
    small_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """Settings that the pages read in this process: a small index, its gold set, a database."""
    gold = write_small_gold(small_settings.knowledge, tmp_path / "gold")
    made = small_settings.model_copy(update={"gold": gold})
    build_index(made, report=report_nothing)
    monkeypatch.setattr(process, "load_settings", lambda: made)
    st.cache_resource.clear()
    return made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real headless Chromium."""
    with run_browser() as opened:
        yield opened


@pytest.fixture
def shared() -> Path:
    """The folder of received material beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is absent: nothing to compare with")
    return SHARED


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server."""
    with run_postgres() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a fresh database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'deep' / 'coach.db'}"
    address: str = request.getfixturevalue("postgres")
    name = f"coach_{uuid.uuid4().hex[:8]}"
    server = create_engine(address, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sql(f"create database {name}"))
    server.dispose()
    return f"{address.rsplit('/', 1)[0]}/{name}"


@pytest.fixture
def archive(url: str) -> Archive:
    """A fresh archive, once on each kind of database."""
    return Archive(url)
