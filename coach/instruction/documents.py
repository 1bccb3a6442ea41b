"""Received documents and the passages that may be cited from them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from coach.instruction.files import decode, read_bytes

PASSAGE_CHARS = 2000


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


def list_documents(folder: Path, endings: tuple[str, ...] = (".txt",)) -> list[Path]:
    """The documents of a folder and its subfolders by their endings, whose case does not matter.

    Hidden files and folders are left out.
    """
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in endings
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def read_documents(
    folder: Path, endings: tuple[str, ...] = (".txt",)
) -> dict[str, ReceivedDocument]:
    """Read the documents of a folder, byte for byte; a name says the subfolder too.

    Line ends are not translated, so that offsets hold; raises KnowledgeError that names the file.
    """
    documents = {}
    for path in list_documents(folder, endings):
        name = path.relative_to(folder).as_posix()
        documents[name] = ReceivedDocument(name, decode(path, read_bytes(path)))
    return documents


def split_passages(document: ReceivedDocument) -> list[Passage]:
    """Split any document into passages: paragraphs, long ones at the ends of sentences."""
    passages = []
    for paragraph in re.finditer(r"\S.*?(?=\n\s*\n|\Z)", document.text, re.DOTALL):
        start = paragraph.start()
        for part in _split_long(paragraph[0].rstrip()):
            end = start + len(part)
            words = document.text[start:end]
            passages.append(Passage(document.name, "", "", start, end, words))
            start = end
    return passages


def _split_long(paragraph: str) -> list[str]:
    parts = [""]
    for sentence in re.split(r"(?<=[.!?…])(?=\s)", paragraph):
        if parts[-1] and len(parts[-1]) + len(sentence) > PASSAGE_CHARS:
            parts.append("")
        parts[-1] += sentence
    return parts


def find_excerpt(excerpt: str, text: str) -> list[tuple[int, int]]:
    """Return the [start, end) offsets of every verbatim occurrence of an excerpt.

    Only the amount of white space may differ: editors fold it, and no word changes with it.
    """
    pattern = r"\s+".join(re.escape(word) for word in excerpt.split())
    if not pattern:
        return []
    return [match.span() for match in re.finditer(pattern, text)]
