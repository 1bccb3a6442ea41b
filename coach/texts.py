"""Visible strings: read from YAML files that a translator can change, never written in code."""

from __future__ import annotations

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


def text(key: str, /, *, path: Path = COACH_TEXTS, **values: object) -> str:
    """Return the text under a dotted key with its placeholders filled in.

    Raises KeyError when the file has no such key: a missing text is a defect, not a state.
    """
    found: Any = read_texts(path)
    for part in key.split("."):
        found = found[part]
    return str(found).format(**values) if values else str(found)
