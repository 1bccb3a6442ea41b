"""Search over any folder of documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coach.assembly import build_search, report_nothing
from coach.errors import SettingsError
from coach.index.lexical import tokens_of
from coach.instruction.documents import PASSAGE_CHARS, ReceivedDocument, split_passages
from coach.settings import Settings
from eval.external import measure
from tests.test_cli import run


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "bank.txt").write_text(
        "Кассовый разрыв – это нехватка денег.\r\n\r\nОвердрафт покрывает кассовый разрыв.", "utf-8"
    )
    (folder / "garden.md").write_text("# Огород\n\nЧеснок сажают осенью.\n", "utf-8")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    return folder


def test_passages_carry_exact_offsets(documents: Path, small_settings: Settings) -> None:
    search = build_search(documents, small_settings, report=report_nothing)
    (best, *_) = search.search("когда сажать чеснок", 5)
    assert (best.passage.document, best.passage.text) == ("garden.md", "Чеснок сажают осенью.")
    for question in ("кассовых разрывах", "овердрафт", "огороды"):
        for one in search.search(question, 5):
            whole = (documents / one.passage.document).read_bytes().decode("utf-8")
            assert whole[one.passage.start : one.passage.end] == one.passage.text
    scores = [one.score for one in search.search("кассовый разрыв", 5)]
    assert scores == sorted(scores, reverse=True)


def test_an_index_is_cached_by_content(documents: Path, small_settings: Settings) -> None:
    said: list[str] = []
    for _ in range(2):
        build_search(documents, small_settings, report=said.append)
    assert len(said) == 1
    (documents / "bank.txt").write_text("Новый текст о вкладах.", "utf-8")
    renewed = build_search(documents, small_settings, report=said.append)
    assert len(said) == 2
    assert "разрыв" not in " ".join(one.passage.text for one in renewed.search("разрыв", 5))


def test_endings_of_any_case_and_subfolders_are_searched_hidden_files_are_not(
    documents: Path, small_settings: Settings
) -> None:
    (documents / "deep/er").mkdir(parents=True)
    (documents / "deep/er/УСЛОВИЯ.TXT").write_text("Неустойка равна пяти процентам.", "utf-8")
    (documents / ".git").mkdir()
    (documents / ".git/x.md").write_text("Неустойка из скрытой папки.", "utf-8")
    (documents / "._bank.txt").write_bytes(b"\x00\x05\x16\x07\xff")
    (documents / ".#garden.md").symlink_to("ann@desk.4711:1")
    search = build_search(documents, small_settings, report=report_nothing)
    found = [one.passage for one in search.search("неустойка", 5)]
    assert (found[0].document, found[0].text) == (
        "deep/er/УСЛОВИЯ.TXT", "Неустойка равна пяти процентам.",
    )  # fmt: skip
    assert {one.document for one in found} <= {"deep/er/УСЛОВИЯ.TXT", "bank.txt", "garden.md"}


@pytest.mark.parametrize(
    ("pattern", "content"),
    [
        ("passages.json", b'[{"document": "ban'),
        ("passages.json", b"[]"),
        ("lexical/*.npy", b""),
        ("chroma/chroma.sqlite3", b"junk" * 1000),
        ("chroma/chroma.sqlite3", b""),
    ],
)
def test_a_damaged_cache_is_built_anew(
    documents: Path, small_settings: Settings, pattern: str, content: bytes
) -> None:
    build_search(documents, small_settings, report=report_nothing)
    spoiled = [*(small_settings.index / "searches").glob(f"*/{pattern}")]
    for path in spoiled:
        path.write_bytes(content)
    said: list[str] = []
    for _ in range(2):
        search = build_search(documents, small_settings, report=said.append)
        assert search.search("когда сажать чеснок", 5)[0].passage.document == "garden.md"
    assert (len(said), bool(spoiled)) == (1, True)
    assert len([*(small_settings.index / "searches").iterdir()]) == 1


def test_nothing_to_search_is_told(tmp_path: Path, small_settings: Settings) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for folder in (tmp_path / "nowhere", empty):
        with pytest.raises(SettingsError, match="--documents"):
            build_search(folder, small_settings, report=report_nothing)
    (empty / "old.txt").write_bytes("текст".encode("cp1251"))
    with pytest.raises(SettingsError, match=r"old\.txt:1: .*UTF-8"):
        build_search(empty, small_settings, report=report_nothing)


@pytest.mark.parametrize("question", ["", "😀", "zzzz", "а" * 50_000, "\x00\ud800"])
def test_odd_questions_find_little_and_break_nothing(
    documents: Path, small_settings: Settings, question: str
) -> None:
    search = build_search(documents, small_settings, report=report_nothing)
    assert len(search.search(question, 5)) <= 5


def test_long_paragraphs_are_split_at_sentences_without_losing_a_letter() -> None:
    text = "Первое предложение о деле. " * 300 + "\n\n\n  Конец."
    passages = split_passages(ReceivedDocument("d", text))
    assert max(len(one.text) for one in passages) <= PASSAGE_CHARS
    assert all(text[one.start : one.end] == one.text for one in passages)
    assert "".join("".join(one.text for one in passages).split()) == "".join(text.split())


def test_tokens_are_lemmas_and_pieces_of_content_words() -> None:
    assert tokens_of("и в кот") == ["кот", "кот", "# кот", "#кот "]
    assert tokens_of("и в на") == []


def test_the_command_keeps_the_contract(documents: Path, small_settings: Settings) -> None:
    environment = {"COACH_INDEX": str(small_settings.index)}
    done = run("search", "--documents", str(documents), "--json", "чеснок", **environment)
    row = json.loads(done.stdout)["passages"][0]
    assert set(row) == {"document", "start", "end", "score", "text"}
    assert "Чеснок" in row["text"]
    batch = documents.parent / "batch.jsonl"
    batch.write_text('{"id": 1, "question": "чеснок"}\n{"id": 2}\nx\n', "utf-8")
    done = run("search", "--documents", str(documents), "--batch", str(batch), **environment)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [row["id"] for row in rows] == [1, 2, None]
    assert rows[0]["passages"][0]["document"] == "garden.md"
    assert [row.get("line") for row in rows] == [None, 2, 3]


def test_russian_questions_of_others_find_their_paragraph(
    shared: Path, real_settings: Settings
) -> None:
    _, places = measure(shared / "external/xquad-ru-first-half.json")
    assert len(places) == 632
    assert sum(place == 1 for place in places) / len(places) >= 0.93


def test_leftovers_of_a_killed_indexing_are_removed(
    documents: Path, small_settings: Settings
) -> None:
    left = small_settings.index / "searches/.0123456789ab-killed/chroma"
    left.mkdir(parents=True)
    build_search(documents, small_settings, report=report_nothing)
    assert not left.parent.exists()
