"""The question bank's plain text format."""

from __future__ import annotations

import json
from pathlib import Path

from coach.index.near_gold import BankLine, find_near_gold, gold_files, read_bank_lines
from coach.instruction.knowledge import load_knowledge
from coach.instruction.questions import group_line, read_questions
from coach.settings import PROJECT_FOLDER
from eval.cases import CONVERSATIONS_SEEN, GOLD

KNOWN = frozenset({"boss_phone", "child_caller"})


def write(folder: Path, name: str, words: str) -> None:
    (folder / f"{name}.txt").write_text(words, encoding="utf-8")


def test_groups_say_author_style_and_second_situation(tmp_path: Path) -> None:
    write(
        tmp_path,
        "boss_phone",
        "# примечание\n\nбез автора\n## автор: a; стиль: обрывок\n дай номер \n"
        "## автор: b; вместе: child_caller\nребёнок просит директора\n",
    )
    questions, slips = read_questions(tmp_path, KNOWN)
    assert slips == []
    assert [(q.text, q.situation_ids, q.author, q.style) for q in questions] == [
        ("без автора", ("boss_phone",), "", ""),
        ("дай номер", ("boss_phone",), "a", "обрывок"),
        ("ребёнок просит директора", ("boss_phone", "child_caller"), "b", ""),
    ]


def test_a_group_line_is_read_as_it_is_written(tmp_path: Path) -> None:
    line = group_line(author="a", style="сцена", also="child_caller")
    write(tmp_path, "boss_phone", f"{line}\nвопрос\n{group_line(author='b')}\nещё\n")
    questions, slips = read_questions(tmp_path, KNOWN)
    assert slips == []
    assert [(q.situation_ids, q.author, q.style) for q in questions] == [
        (("boss_phone", "child_caller"), "a", "сцена"),
        (("boss_phone",), "b", ""),
    ]


def test_slips_name_the_line(tmp_path: Path) -> None:
    write(tmp_path, "boss_phone", "вопрос\n## кто: a\n## вместе: nobody\nещё\n")
    write(tmp_path, "stranger", "вопрос\n")
    _, slips = read_questions(tmp_path, KNOWN)
    assert [(slip.path.name, slip.line) for slip in sorted(slips)] == [
        ("boss_phone.txt", 2),
        ("boss_phone.txt", 3),
        ("stranger.txt", 1),
    ]


def test_the_bank_holds_every_seed_question_that_is_not_measured_nor_in_danger(
    shared: Path,
) -> None:
    knowledge = load_knowledge(PROJECT_FOLDER / "knowledge")
    bank = {(q.text, frozenset(q.situation_ids), q.author) for q in knowledge.questions}
    seeds = set()
    for author in ("author_1", "author_2"):
        for line in (shared / f"questions/{author}.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            names = row["situation"]
            names = frozenset([names] if isinstance(names, str) else names)
            seeds.add((row["question"].strip(), names, author))
    assert len(seeds) > 2000
    lines = read_bank_lines(PROJECT_FOLDER / "knowledge")
    danger = {line.text for line in lines if line.path.parent.name == "danger"}
    missing = [(text, author) for text, _, author in seeds - bank if text not in danger]
    left_out = [BankLine(Path(author), 0, text) for text, author in missing]
    near = find_near_gold(left_out, [*gold_files(GOLD), CONVERSATIONS_SEEN])
    assert [found.line for found in near] == left_out  # what is measured is not learned
