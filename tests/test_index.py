"""Building and opening the index: atomic, and nothing stale or damaged is served."""

from __future__ import annotations

import errno
import gc
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from coach import build_coach, build_index
from coach.assembly import open_coach, report_nothing
from coach.errors import IndexUnusableError, KnowledgeError, SettingsError
from coach.index.build import IndexRecipe, card_questions, current_build
from coach.index.classifier import QuestionClassifier
from coach.index.lexical import LexicalIndex
from coach.index.opening import find_fault
from coach.index.static_model import STATIC_MODEL_VERSION
from coach.index.store import nearest, open_for_reading
from coach.instruction.knowledge import knowledge_version, load_knowledge
from coach.safety.encoder import ADAPTER, adapter_version
from coach.settings import Settings, as_environment
from coach.texts import text


def build(settings: Settings, *, force: bool = False) -> bool:
    return build_index(settings, force=force, report=report_nothing)


def fault(settings: Settings) -> str | None:
    version = knowledge_version(settings.knowledge)
    recipe = IndexRecipe.of(version, settings.embedder, settings.author_names)
    return find_fault(settings.index, recipe)


def served(settings: Settings) -> Path:
    build = current_build(settings.index)
    assert build is not None
    return build


def manifest(settings: Settings) -> dict[str, Any]:
    row: dict[str, Any] = json.loads((served(settings) / "manifest.json").read_text("utf-8"))
    return row


def test_a_second_build_finds_nothing_to_do(small_settings: Settings) -> None:
    assert fault(small_settings) == text("index.missing")
    assert build(small_settings)
    first = served(small_settings)
    assert not build(small_settings)
    assert build(small_settings, force=True)
    assert served(small_settings) != first


def test_changed_knowledge_is_noticed_and_rebuilt(small_settings: Settings) -> None:
    coach = build_coach(small_settings, report=report_nothing)
    old = coach.reply([], "говорит очень медленно").knowledge_version
    path = small_settings.knowledge / "situations/slow_speaker.md"
    path.write_text(path.read_text("utf-8").replace("это запрещают", "так запрещают"), "utf-8")
    assert fault(small_settings) == text("index.other_knowledge_version")
    reply = build_coach(small_settings, report=report_nothing).reply([], "говорит очень медленно")
    assert reply.knowledge_version != old
    assert "так запрещают" in reply.text
    assert "это запрещают" not in reply.text


@pytest.mark.parametrize(
    ("change", "key"),
    [({"embedder": "other/model"}, "embedder"), ({"bank_authors": "author_1"}, "authors")],
)
def test_another_recipe_is_never_served(
    small_settings: Settings, change: dict[str, str], key: str
) -> None:
    build(small_settings)
    assert fault(small_settings.model_copy(update=change)) == text(f"index.other_{key}")


def only(build: Path, pattern: str) -> Path:
    (path,) = build.glob(pattern)
    return path


def change_rows(build: Path, statement: str) -> None:
    with closing(sqlite3.connect(build / "chroma/chroma.sqlite3")) as database, database:
        assert database.execute(statement).rowcount > 0


def grow(path: Path) -> None:
    with path.open("wb") as opened:
        opened.truncate(50_000_000_000)


CLASSIFIER = (
    "classifier/classifier.json",
    "classifier/classifier.npz",
    "danger/classifier.json",
    "danger/classifier.npz",
)
VECTORS = "chroma/*/data_level0.bin"
DANGER_WEIGHTS = f"e5-danger-{adapter_version(ADAPTER)}.bin"
DAMAGES: dict[str, Callable[[Path], object]] = {
    **{f"{name} is empty": lambda b, name=name: (b / name).write_bytes(b"") for name in CLASSIFIER},
    **{f"{name} is cut": lambda b, name=name: os.truncate(b / name, 99) for name in CLASSIFIER},
    **{f"{name} is lost": lambda b, name=name: (b / name).unlink() for name in CLASSIFIER},
    **{
        f"rows of {table} are lost": lambda b, table=table: change_rows(b, f"delete from {table}")
        for table in ("collections", "segments", "embeddings", "embedding_metadata", "migrations")
    },
    "a row is changed": lambda b: change_rows(b, "update segments set scope = 'METADATA'"),
    "chroma's database is junk": lambda b: (b / "chroma/chroma.sqlite3").write_bytes(b"junk" * 999),
    "chroma's database is empty": lambda b: (b / "chroma/chroma.sqlite3").write_bytes(b""),
    "chroma's database is cut": lambda b: os.truncate(b / "chroma/chroma.sqlite3", 20_000),
    "chroma's database is lost": lambda b: (b / "chroma/chroma.sqlite3").unlink(),
    "vectors are lost": lambda b: only(b, VECTORS).unlink(),
    "vectors are zeroes": lambda b: only(b, VECTORS).write_bytes(bytes(134_000)),
    "links grow without bound": lambda b: grow(only(b, "chroma/*/link_lists.bin")),
    "a file of the knowledge is lost": lambda b: (b / "knowledge/questions/none.txt").unlink(),
    "the knowledge is lost": lambda b: shutil.rmtree(b / "knowledge"),
    "the manifest is cut": lambda b: os.truncate(b / "manifest.json", 50),
    "the manifest is no manifest": lambda b: (b / "manifest.json").write_text("[]"),
    "the manifest is lost": lambda b: (b / "manifest.json").unlink(),
    "the build is lost": lambda b: shutil.rmtree(b),
    "the pointer is junk": lambda b: (b.parent.parent / "current").write_bytes(b"\xff\x00/.."),
    "the pointer is empty": lambda b: (b.parent.parent / "current").write_bytes(b""),
}


def test_every_damaged_part_is_recognised_before_it_is_opened(
    small_settings: Settings, tmp_path: Path
) -> None:
    build(small_settings)
    whole, index = tmp_path / "whole", small_settings.index
    index.rename(whole)
    for name, damage in DAMAGES.items():
        shutil.copytree(whole, index, symlinks=True)
        assert fault(small_settings) is None
        damage(served(small_settings))
        told = fault(small_settings)
        assert told in (text("index.half_built"), text("index.missing")), name
        with pytest.raises(IndexUnusableError, match="coach index"):
            open_coach(small_settings, report=report_nothing)
        shutil.rmtree(index)


REBUILT = (
    "classifier/classifier.npz is empty",
    "rows of collections are lost",
    "chroma's database is junk",
    "the knowledge is lost",
    "the pointer is junk",
)


@pytest.mark.parametrize("name", REBUILT)
def test_a_damaged_index_is_built_anew(small_settings: Settings, name: str) -> None:
    build(small_settings)
    before = served(small_settings)
    DAMAGES[name](before)
    assert build(small_settings)
    assert served(small_settings) != before
    assert fault(small_settings) is None
    coach = build_coach(small_settings, report=report_nothing)
    assert coach.reply([], "дайте телефон директора").answered


def test_an_index_that_was_opened_by_others_is_whole(small_settings: Settings) -> None:
    build(small_settings)
    for _ in range(2):  # in a process of its own: Chroma writes at each of its openings
        command = [sys.executable, "-m", "coach.cli", "ask", "дайте телефон директора"]
        done = subprocess.run(
            command,
            env=as_environment(small_settings),
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""
    change_rows(served(small_settings), "insert into acquire_write (lock_status) values (1)")
    assert fault(small_settings) is None


def test_an_index_that_is_whole_and_does_not_open_is_built_anew(
    small_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(small_settings)
    before = served(small_settings)
    opened = QuestionClassifier.load

    def open_but_the_first(folder: Path) -> QuestionClassifier:
        if folder.parent == before:
            raise RuntimeError("of another version of a library")
        return opened(folder)

    monkeypatch.setattr(QuestionClassifier, "load", open_but_the_first)
    coach = build_coach(small_settings, report=report_nothing)
    assert coach.build != before.name


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", DANGER_WEIGHTS])
@pytest.mark.parametrize("damage", [lambda p: os.truncate(p, 99), lambda p: p.unlink()])
def test_damaged_word_vectors_are_made_anew(
    small_settings: Settings,
    damage: Callable[[Path], None],
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache = small_settings.index / "embedders"
    whole = cache.resolve()
    cache.unlink()
    shutil.copytree(whole, cache)
    monkeypatch.setattr(
        "coach.index.embeddings.build_static_model",
        lambda folder, _: shutil.copytree(whole / STATIC_MODEL_VERSION, folder),
    )
    build(small_settings)
    (whole_file,) = whole.rglob(name)
    damaged = cache / whole_file.relative_to(whole)
    damage(damaged)
    coach = build_coach(small_settings, report=report_nothing)
    assert coach.reply([], "дайте телефон директора").answered
    assert damaged.stat().st_size == whole_file.stat().st_size


def test_a_full_disk_is_told_and_leaves_the_served_build(
    small_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(small_settings)
    before = served(small_settings)

    def fill(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(QuestionClassifier, "save", fill)
    with pytest.raises(SettingsError, match="COACH_INDEX"):
        build(small_settings, force=True)
    assert served(small_settings) == before
    assert fault(small_settings) is None


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Make a folder a disk of its own that cannot be written; root may write into any other."""
    mount = ["mount", "--bind", str(folder), str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount: a read-only disk cannot be made here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_an_index_on_a_read_only_disk_is_served_as_it_is(small_settings: Settings) -> None:
    build(small_settings)
    url = small_settings.archive_url
    environment = {**as_environment(small_settings), "COACH_DATABASE_URL": url}
    with read_only(small_settings.index):
        for command in (["ask", "дайте телефон директора"], ["index"], ["doctor"]):
            done = subprocess.run(
                [sys.executable, "-m", "coach.cli", *command],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert (done.returncode, done.stderr) == (0, ""), done.stdout
        said: list[str] = []
        bank = small_settings.knowledge / "questions/none.txt"
        bank.write_text(bank.read_text("utf-8") + "ещё вопрос без ответа\n", "utf-8")
        coach = build_coach(small_settings, report=said.append)
        assert coach.reply([], "дайте телефон директора").answered
        assert "COACH_INDEX" in said[-1]
        assert text("index.serving_old") in said[-1]


def test_a_copy_of_a_read_only_store_goes_with_it(
    small_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    build(small_settings)
    copies = tmp_path / "copies"
    copies.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(copies))
    monkeypatch.setattr("coach.index.store.os.access", lambda *_: False)
    embeddings = build_coach(small_settings, report=report_nothing)._index.embeddings
    gc.collect()
    assert list(copies.iterdir()) == []
    store = open_for_reading(served(small_settings) / "chroma", embeddings)
    assert nearest(store, embeddings.embed_query("дайте телефон директора"), 1)
    assert len(list(copies.iterdir())) == 1
    del store
    gc.collect()
    assert list(copies.iterdir()) == []


def test_a_slip_publishes_nothing_and_the_version_before_serves_on(
    small_settings: Settings,
) -> None:
    build(small_settings)
    before = served(small_settings)
    path = small_settings.knowledge / "situations/boss_phone.md"
    path.write_text(path.read_text("utf-8").replace("- Извините,", "- Простите,"), "utf-8")
    with pytest.raises(KnowledgeError, match=r"boss_phone.md:\d+"):
        build(small_settings)
    assert served(small_settings) == before
    said: list[str] = []
    reply = build_coach(small_settings, report=said.append).reply([], "дайте телефон директора")
    assert reply.say[0].text.startswith("Извините")
    assert "boss_phone.md" in said[-1]
    assert text("index.serving_old") in said[-1]


def test_a_slip_with_no_earlier_index_is_an_error(small_settings: Settings) -> None:
    (small_settings.knowledge / "questions/none.txt").unlink()
    with pytest.raises(KnowledgeError, match=r"none.txt:1"):
        build_coach(small_settings, report=report_nothing)


def test_a_build_killed_in_the_middle_leaves_the_served_one(small_settings: Settings) -> None:
    build(small_settings)
    before = served(small_settings)
    environment = {
        **os.environ,
        "COACH_KNOWLEDGE": str(small_settings.knowledge),
        "COACH_INDEX": str(small_settings.index),
    }
    command = [sys.executable, "-m", "coach.cli", "index", "--force"]
    victim = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    builds = small_settings.index / "builds"
    while time.monotonic() < deadline and not [
        one for one in builds.iterdir() if one != before and (one / "chroma").exists()
    ]:
        time.sleep(0.01)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    assert len(list(builds.iterdir())) == 2
    assert fault(small_settings) is None
    assert served(small_settings) == before
    assert build(small_settings, force=True)
    assert fault(small_settings) is None


def test_old_builds_are_removed(small_settings: Settings) -> None:
    for _ in range(3):
        build(small_settings, force=True)
    assert len(list((small_settings.index / "builds").iterdir())) == 2
    assert not list(small_settings.index.glob("current.*"))


def test_killed_builds_push_out_nothing_and_are_removed(small_settings: Settings) -> None:
    build(small_settings)
    before = served(small_settings)
    builds = small_settings.index / "builds"
    for number in range(3):  # killed before and after the manifest, which is written last
        (builds / f"killed{number}/chroma").mkdir(parents=True)
        shutil.copytree(before, builds / f"whole{number}")
    (small_settings.index / "current.killed0").write_text("killed0")
    build(small_settings, force=True)
    assert {*builds.iterdir()} == {before, served(small_settings)}
    assert not list(small_settings.index.glob("current.*"))


def test_leftovers_are_removed_even_when_the_next_build_fails(small_settings: Settings) -> None:
    build(small_settings)
    builds = small_settings.index / "builds"
    (builds / "killed/chroma").mkdir(parents=True)
    (small_settings.knowledge / "questions/none.txt").unlink()
    with pytest.raises(KnowledgeError):
        build(small_settings)
    assert [*builds.iterdir()] == [served(small_settings)]


def test_folders_that_cannot_work_are_told_clearly(
    tmp_path: Path, small_settings: Settings
) -> None:
    nowhere = small_settings.model_copy(update={"knowledge": tmp_path / "nowhere"})
    with pytest.raises(SettingsError, match="COACH_KNOWLEDGE"):
        build(nowhere)
    (tmp_path / "file").write_text("")
    blocked = small_settings.model_copy(update={"index": tmp_path / "file/index"})
    with pytest.raises(SettingsError, match="COACH_INDEX"):
        build(blocked)


def test_one_new_question_renews_the_build_before(small_settings: Settings) -> None:
    build(small_settings)
    before = served(small_settings)
    bank = small_settings.knowledge / "questions/child_caller.txt"
    kept = bank.read_text("utf-8")
    bank.write_text(kept + "в трубке внук блямбает\n", "utf-8")
    coach = build_coach(small_settings, report=report_nothing)
    assert served(small_settings) != before
    assert manifest(small_settings)["renewed"] == 1
    assert coach.reply([], "внук блямбает").situations[0].id == "child_caller"
    assert "в трубке внук блямбает" in coach.reply([], "внук блямбает").evidence[0].questions
    bank.write_text(kept, "utf-8")
    again = build_coach(small_settings, report=report_nothing)
    assert manifest(small_settings)["renewed"] == 2
    assert not any(
        "блямбает" in q for one in again.reply([], "внук").evidence for q in one.questions
    )


def test_many_new_questions_build_from_nothing(small_settings: Settings) -> None:
    build(small_settings)
    bank = small_settings.knowledge / "questions/child_caller.txt"
    bank.write_text(bank.read_text("utf-8") + "раз\nдва\nтри\n", "utf-8")
    build(small_settings)
    assert manifest(small_settings)["renewed"] == 0


def test_a_damaged_build_is_never_started_from(small_settings: Settings) -> None:
    build(small_settings)
    (served(small_settings) / "knowledge/questions/none.txt").unlink()
    bank = small_settings.knowledge / "questions/child_caller.txt"
    bank.write_text(bank.read_text("utf-8") + "раз\n", "utf-8")
    assert build(small_settings)
    assert manifest(small_settings)["renewed"] == 0


def test_the_same_question_twice_is_no_failure(small_settings: Settings) -> None:
    bank = small_settings.knowledge / "questions/child_caller.txt"
    bank.write_text(bank.read_text("utf-8") + "раз\nраз\n", "utf-8")
    knowledge = build_coach(small_settings, report=report_nothing).knowledge
    cards = card_questions(knowledge.situations.values())
    assert manifest(small_settings)["questions"] == 50 + len(cards)


def test_chromas_own_embedder_is_never_used(
    small_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chromadb.utils.embedding_functions import onnx_mini_lm_l6_v2

    def forbidden(*_: object) -> None:
        raise AssertionError("Chroma's default embedder was asked")

    monkeypatch.setattr(onnx_mini_lm_l6_v2.ONNXMiniLM_L6_V2, "__call__", forbidden)
    coach = build_coach(small_settings, report=report_nothing)
    assert coach.reply([], "дайте телефон директора").answered


def test_a_bank_question_is_its_own_nearest_neighbour(small_settings: Settings) -> None:
    index = build_coach(small_settings, report=report_nothing)._index
    question = next(q for q in index.knowledge.questions if q.situation_ids == ("child_caller",))
    ((document, similarity), *_) = nearest(
        index.questions, index.embeddings.embed_query(question.text), 3
    )
    assert document.page_content == question.text
    assert similarity == pytest.approx(1, abs=1e-3)
    assert nearest(index.questions, [0.0] * 300, 3) == []


def test_passages_of_one_author_only(small_settings: Settings) -> None:
    path = small_settings.knowledge / "questions/boss_phone.txt"
    path.write_text(path.read_text("utf-8") + "## автор: other\nшефа к телефону\n", "utf-8")
    only = small_settings.model_copy(update={"bank_authors": "author_1"})
    build(only)
    cards = card_questions(load_knowledge(only.knowledge).situations.values())
    assert manifest(only)["questions"] == 48 + len(cards)
    assert manifest(only)["authors"] == ["author_1"]


def test_lexical_ranking_is_by_lemma(tmp_path: Path) -> None:
    LexicalIndex.build(["кассовые разрывы", "прогноз погоды", "…"], tmp_path)
    lexical = LexicalIndex(tmp_path)
    assert [number for number, _ in lexical.rank("кассовый разрыв", 5)] == [0]
    assert lexical.rank("абракадабра", 5) == []
    assert lexical.rank("", 5) == []
