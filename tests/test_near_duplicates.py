"""Near-duplicates, and bank lines that nearly repeat a gold question."""

from __future__ import annotations

import json
import random
from pathlib import Path

from coach.index.near_duplicates import (
    LEAST_SHARED_GRAMS,
    LEAST_SHARED_LEMMAS,
    NearDuplicates,
    letter_grams,
)
from coach.index.near_gold import find_near_gold, gold_files, read_bank_lines
from coach.instruction.knowledge import load_knowledge
from coach.language.lemmas import lemmas_of
from coach.settings import PROJECT_FOLDER
from eval.cases import GOLD
from eval.near_gold import find_in_bank, remove_lines

KNOWLEDGE = PROJECT_FOLDER / "knowledge"
BANK = """# Примечание

## автор: a
клиент просит директора
совсем о другом
## автор: b; стиль: обрывок
Клиент просит дирректора!
## автор: b
и всё?
"""


def share(first: frozenset[str], second: frozenset[str]) -> float:
    return len(first & second) / len(first | second)


def test_the_index_finds_what_comparing_every_pair_finds() -> None:
    bank = [question.text for question in load_knowledge(KNOWLEDGE).questions]
    texts = random.Random(3).sample(bank, 400)
    wanted = [
        [
            number
            for number, other in enumerate(texts)
            if share(letter_grams(text), letter_grams(other)) >= LEAST_SHARED_GRAMS
            or share(frozenset(lemmas_of(text)), frozenset(lemmas_of(other))) >= LEAST_SHARED_LEMMAS
        ]
        for text in texts[:100]
    ]
    assert NearDuplicates(texts).find(texts[:100]) == wanted


def test_a_slip_another_ending_and_another_order_are_near() -> None:
    texts = ["требует номер директора", "как сварить борщ", "говорит очень медленно"]
    near = NearDuplicates(texts)
    asked = ["трбует номер дирктора", "номеров директоров требуют", "медленно говорит очень", "ёж"]
    assert near.find(asked) == [[0], [0], [2], []]


def make_bank(folder: Path, *questions: object) -> Path:
    """A bank of one file, and a gold folder with these rows; return the knowledge folder."""
    for name in ("questions", "danger", "gold"):
        (folder / name).mkdir()
    (folder / "questions/boss_phone.txt").write_text(BANK, "utf-8")
    rows = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in questions)
    (folder / "gold/questions.jsonl").write_text(rows, "utf-8")
    return folder


def near_places(folder: Path) -> list[str]:
    found = find_near_gold(read_bank_lines(folder), gold_files(folder / "gold"))
    return [near.line.place for near in found]


def test_a_bank_line_that_nearly_repeats_a_gold_question_is_found(tmp_path: Path) -> None:
    bank = make_bank(tmp_path, {"question": "клиент просит директора."})
    (bank / "danger/fire.txt").write_text("## опасно\nпросит директора клиент\n", "utf-8")
    assert near_places(bank) == ["boss_phone.txt:4", "boss_phone.txt:7", "fire.txt:2"]


def test_small_talk_short_later_turns_and_taught_questions_are_exempt(tmp_path: Path) -> None:
    turns = [{"question": "кто там был"}, {"question": "и всё?"}]
    bank = make_bank(tmp_path, {"turns": turns}, {"turns": [{"question": "и всё?"}]}, "не строка")
    assert near_places(bank) == ["boss_phone.txt:9"]
    taught = json.dumps({"question": "клиент просит директора"}, ensure_ascii=False)
    (bank / "gold/taught.jsonl").write_text(taught, "utf-8")
    talk = {"question": "совсем о другом", "expect": "smalltalk"}
    row = json.dumps({"turns": [talk]}, ensure_ascii=False)
    (bank / "gold/questions.jsonl").write_text(row, "utf-8")
    assert near_places(bank) == []


def test_lines_are_removed_and_a_group_that_is_empty_then(tmp_path: Path) -> None:
    bank = make_bank(tmp_path, {"question": "клиент просит директора."})
    found = find_near_gold(read_bank_lines(bank), gold_files(bank / "gold"))
    remove_lines([near.line for near in found])
    left = (bank / "questions/boss_phone.txt").read_text("utf-8")
    assert left == "# Примечание\n\n## автор: a\nсовсем о другом\n## автор: b\nи всё?\n"


def test_no_bank_line_nearly_repeats_a_gold_question() -> None:
    near = [f"{near.line.place} {near.file.name}" for near in find_in_bank(KNOWLEDGE, GOLD)]
    assert near == []
