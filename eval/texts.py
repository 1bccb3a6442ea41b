"""Visible strings of the evaluation, from `texts.yaml`."""

from __future__ import annotations

from pathlib import Path

from coach.texts import look_up

EVAL_TEXTS = Path(__file__).with_name("texts.yaml")


def word(key: str, /, **values: object) -> str:
    """Return a text of the evaluation."""
    return look_up(EVAL_TEXTS, key, values)
