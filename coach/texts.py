"""Visible strings: read from YAML files that a translator can change, never written in code."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

COACH_TEXTS = Path(__file__).with_name("texts.yaml")


@cache
def read_texts(path: Path) -> dict[str, Any]:
    """Return the nested texts of one YAML file."""
    texts: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return texts


def look_up(texts: Path, key: str, values: Mapping[str, object]) -> str:
    """Return the text under a dotted key of a file with its placeholders filled in.

    Raises KeyError when the file has no such key: a missing text is a defect, not a state.
    """
    found: Any = read_texts(texts)
    for part in key.split("."):
        found = found[part]
    return str(found).format(**values) if values else str(found)


def text(key: str, /, **values: object) -> str:
    """Return a text of the package's own file; see `look_up`."""
    return look_up(COACH_TEXTS, key, values)
