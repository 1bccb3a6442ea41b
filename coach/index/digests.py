"""Digests of a build: whatever is damaged or lost in it is recognised before it is opened."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

DATABASE = "chroma.sqlite3"
# Chroma adds a row to the first at every opening; the others it derives from its own tables.
UNSTABLE_TABLES = ("acquire_write", "embedding_fulltext_search")


def take_digests(folder: Path) -> dict[str, str]:
    """Return the digest of every file in a folder by its path there."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): _digest(path) for path in paths}


def is_damaged(folder: Path, digests: Mapping[str, str]) -> bool:
    """Whether a file of these digests is lost or no longer what it was."""
    return not all(_is_whole(folder / name, digest) for name, digest in digests.items())


def _is_whole(path: Path, digest: str) -> bool:
    try:
        is_same_size = path.name == DATABASE or digest.startswith(_size(path))
        return is_same_size and _digest(path) == digest
    except (OSError, sqlite3.Error):
        return False


def _digest(path: Path) -> str:
    if path.name == DATABASE:
        return _digest_of_rows(path)
    with path.open("rb") as opened:
        return _size(path) + hashlib.file_digest(opened, "sha256").hexdigest()


def _size(path: Path) -> str:
    """The size stands first: a file that grew to a terabyte is never read."""
    return f"{path.stat().st_size}:"


def _digest_of_rows(path: Path) -> str:
    """The digest of what Chroma's tables hold: the file itself changes when it is opened."""
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    digest = hashlib.sha256()
    with closing(sqlite3.connect(address, uri=True)) as database:
        digest.update(repr(database.execute("pragma quick_check").fetchall()).encode())
        tables = database.execute("select name, sql from sqlite_master order by name").fetchall()
        for name, definition in tables:
            digest.update(repr((name, definition)).encode())
            is_table = (definition or "").startswith("CREATE TABLE")
            if is_table and not name.startswith(UNSTABLE_TABLES):
                for row in database.execute(f'select * from "{name}"'):
                    digest.update(repr(row).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
