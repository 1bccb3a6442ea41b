"""Clauses: the parts of a message that may be about different matters."""

from __future__ import annotations

import re

from coach.language.lemmas import words_of

MOST_CLAUSES = 12
FEWEST_WORDS = 2
BORDER = re.compile(
    r"[.,;:!?…\n«»\"—–]+|\s-\s|\s(?=(?:и|а|но|да|еще|ещё|плюс|при|потом|хотя|and|but)\s)",
    re.IGNORECASE,
)


def split_clauses(message: str) -> list[str]:
    """Split a message at punctuation and conjunctions; empty when there is nothing to split."""
    parts = [part.strip() for part in BORDER.split(message) if part]
    clauses = [part for part in parts if len(words_of(part)) >= FEWEST_WORDS][:MOST_CLAUSES]
    return clauses if len(clauses) > 1 else []
