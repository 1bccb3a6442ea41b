"""A skeleton of a gold set for a company's own knowledge folder."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from coach.errors import CoachError
from coach.instruction.knowledge import Situation, load_knowledge
from coach.instruction.questions import NOT_ANSWERED
from eval.texts import word

QUESTIONS_EACH = 3


def write_skeleton(knowledge_folder: Path, gold: Path) -> Path:
    """Write a gold folder from the situations; raise CoachError where one is already.

    Its questions are empty: people write them in, in words that nobody learned from. The responses
    repeat the situation files: a trainer checks them against the instruction and adds other
    accepted wordings and what must not be said.
    """
    if gold.exists() and any(gold.iterdir()):
        raise CoachError(word("console.exists", path=gold))
    knowledge = load_knowledge(knowledge_folder)
    (gold / "responses").mkdir(parents=True)
    rows = [
        {"id": f"{name}-{n}", "question": "", "situations": [name], "author": "trainer"}
        for name in (*knowledge.situations, NOT_ANSWERED)
        for n in range(1, QUESTIONS_EACH + 1)
    ]
    _write_lines(gold / "questions.jsonl", rows)
    _write_lines(gold / "conversations.jsonl", [])
    _write_lines(gold / "hostile.jsonl", [])
    for name, situation in knowledge.situations.items():
        body = yaml.safe_dump(_response(situation), allow_unicode=True, sort_keys=False, width=100)
        (gold / "responses" / f"{name}.yaml").write_text(body, encoding="utf-8")
    return gold


def _response(situation: Situation) -> dict[str, object]:
    items = [*situation.say, *situation.do, *situation.avoid, *situation.conflicts]
    quotes = list(dict.fromkeys(span.quote for one in items for span in one.spans))
    return {
        "situation": situation.id,
        "say": [{"accepted": [one.text]} for one in situation.say],
        "steps": [],
        "ordered": False,
        "must_not_say": [],
        "citations": quotes,
        "required": quotes[:1],
    }


def _write_lines(path: Path, rows: list[dict[str, object]]) -> None:
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(lines, encoding="utf-8")
