"""Received documents and the passages that may be cited from them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ReceivedDocument:
    """A document exactly as it was received; offsets are characters into `text`."""

    name: str
    text: str


@dataclass(frozen=True)
class Passage:
    """A part of a received document that belongs to one situation: `text` is [start:end]."""

    document: str
    section: str
    situation_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Span:
    """A slice of one passage; offsets are characters into the received document."""

    passage: Passage
    start: int
    end: int

    @property
    def quote(self) -> str:
        """The received text's own slice."""
        offset = self.passage.start
        return self.passage.text[self.start - offset : self.end - offset]


def read_documents(folder: Path) -> dict[str, ReceivedDocument]:
    """Read every .txt file of a folder, byte for byte (line ends are not translated)."""
    return {
        path.name: ReceivedDocument(path.name, path.read_bytes().decode("utf-8"))
        for path in sorted(folder.glob("*.txt"))
    }


def find_excerpt(excerpt: str, text: str) -> list[tuple[int, int]]:
    """Return the [start, end) offsets of every verbatim occurrence of an excerpt.

    Only the amount of white space may differ: editors fold it, and no word changes with it.
    """
    pattern = r"\s+".join(re.escape(word) for word in excerpt.split())
    if not pattern:
        return []
    return [match.span() for match in re.finditer(pattern, text)]
