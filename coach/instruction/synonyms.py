"""The thesaurus file: which expressions mean the same as the instruction's.

One group a line, items separated by commas, the instruction's own words first. Lines that start
with `#` are remarks.
"""

from __future__ import annotations

from pathlib import Path

from coach.errors import KnowledgeError, Slip
from coach.instruction.files import read_words
from coach.texts import text


def read_synonyms(path: Path) -> tuple[tuple[tuple[str, ...], ...], list[Slip]]:
    """Return the groups of a thesaurus file, and every slip of form; an absent file has none."""
    if not path.exists():
        return (), []
    try:
        lines = read_words(path).splitlines()
    except KnowledgeError as error:
        return (), error.slips
    groups, slips = [], []
    for number, line in enumerate(lines, 1):
        items = tuple(item.strip() for item in line.split(",") if item.strip())
        if line.lstrip().startswith("#") or not items:
            continue
        if len(items) < 2:
            slips.append(Slip(path, number, text("slips.short_group")))
        groups.append(items)
    return tuple(groups), slips
