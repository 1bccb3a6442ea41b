"""The versions of the knowledge: each one that is served is noted, with what differs in it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from coach.archive.history import History
from coach.index.opening import read_manifest
from coach.instruction.knowledge import knowledge_files
from coach.settings import Settings

MOST_LINES = 400


def note_served(version: str, history: History, settings: Settings) -> None:
    """Note that a version is served, unless it is the one noted last.

    Its differences are found where the build of the version before is still kept.
    """
    last = history.last_version()
    if last == version:
        return
    folders = {name: folder for folder in _builds(settings) if (name := _version_of(folder))}
    known = last in folders and version in folders
    differences = compare_folders(folders[last], folders[version]) if last and known else None
    history.note_version(version, differences)


def compare_folders(before: Path, after: Path) -> dict[str, str]:
    """The unified diff of every file that differs between two knowledge folders, by its path."""
    found = {}
    old, new = _read(before), _read(after)
    for path in sorted({*old, *new}):
        difference = compare_words(old.get(path, ""), new.get(path, ""))
        if difference:
            found[path] = difference
    return found


def compare_words(before: str, after: str) -> str:
    """The unified diff of two texts, its heads left out; empty when they are the same.

    Places that stand apart are parted by an empty line.
    """
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1))
    told = ["" if line.startswith("@@") else line for line in lines[3:]]
    return "\n".join(told[:MOST_LINES])


def _read(folder: Path) -> Mapping[str, str]:
    return {
        name: path.read_bytes().decode("utf-8", "replace")
        for name, path in knowledge_files(folder).items()
    }


def _builds(settings: Settings) -> list[Path]:
    folder = settings.index / "builds"
    return [one / "knowledge" for one in folder.iterdir()] if folder.is_dir() else []


def _version_of(knowledge: Path) -> str | None:
    manifest = read_manifest(knowledge.parent)
    return str(manifest["knowledge_version"]) if manifest else None
