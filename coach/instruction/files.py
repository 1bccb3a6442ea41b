"""Files of the knowledge folder: which of them count, and their words."""

from __future__ import annotations

from pathlib import Path

from coach.errors import KnowledgeError, Slip
from coach.texts import text


def list_files(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder whose names fit a pattern, in order.

    Hidden ones are left out: an editor's locks (`.#rights.md`), what macOS adds (`._rights.md`).
    """
    found = folder.glob(pattern)
    return sorted(path for path in found if not path.name.startswith(".") and path.is_file())


def read_words(path: Path) -> str:
    """Read a text file, with or without a byte order mark; raise KnowledgeError that names it."""
    return decode(path, read_bytes(path), "utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def read_bytes(path: Path) -> bytes:
    """Read a file as it is; raise KnowledgeError that names it when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise _fault(path, 1, text("slips.unreadable", fault=error.strerror)) from error


def decode(path: Path, content: bytes, encoding: str = "utf-8") -> str:
    """The words of a file's bytes; raise KnowledgeError that names the line that is no UTF-8."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _fault(path, line, text("slips.not_utf8")) from error


def _fault(path: Path, line: int, message: str) -> KnowledgeError:
    return KnowledgeError(text("slips.heading"), [Slip(path, line, message)])
