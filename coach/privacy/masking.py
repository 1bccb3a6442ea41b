"""Masking: private data is replaced by placeholders, and put back on the operator's own screen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from coach.privacy.addresses import ADDRESS, find_addresses
from coach.privacy.names import NAME, find_names
from coach.privacy.numbers import (
    CARD,
    EMAIL,
    INN,
    PASSPORT,
    PHONE,
    SNILS,
    Found,
    find_numbers,
)
from coach.texts import text

KINDS = (PHONE, CARD, PASSPORT, SNILS, INN, EMAIL, ADDRESS, NAME)


@dataclass(frozen=True)
class Masked:
    """A text without private data; `hidden` says what each placeholder stands for."""

    text: str
    hidden: Mapping[str, str]

    def restore(self, words: str) -> str:
        """Put the private data back into words that speak in placeholders."""
        for placeholder, private in self.hidden.items():
            words = words.replace(placeholder, private)
        return words


@cache
def _placeholder() -> re.Pattern[str]:
    labels = "|".join(text(f"privacy.{kind}") for kind in KINDS)
    return re.compile(rf"\[(?:{labels})_\d+\]")


def name_callers(words: str) -> str:
    """Put the word for a caller where a person's name is masked: so the proof reads it."""
    name = re.compile(rf"\[{text(f'privacy.{NAME}')}_\d+\]")
    return name.sub(text("privacy.caller"), words)


def strip_placeholders(words: str) -> str:
    """Leave placeholders out: what a masked message is about does not turn on them."""
    return _placeholder().sub(" ", words)


def find_private(message: str) -> list[Found]:
    """Every piece of private data in a message, in order, none inside another."""
    chosen: list[Found] = []
    for found in (*find_numbers(message), *find_addresses(message), *find_names(message)):
        if all(found.end <= one.start or one.end <= found.start for one in chosen):
            chosen.append(found)
    return sorted(chosen, key=lambda one: one.start)


def mask(messages: Iterable[str]) -> list[Masked]:
    """Mask messages of one conversation: the same data gets the same placeholder in all of them."""
    known: dict[tuple[str, str], str] = {}
    masked = []
    for message in messages:
        parts, end = [], 0
        for found in find_private(message):
            private = message[found.start : found.end]
            count = sum(kind == found.kind for kind, _ in known) + 1
            label = f"[{text(f'privacy.{found.kind}')}_{count}]"
            parts += [message[end : found.start], known.setdefault((found.kind, private), label)]
            end = found.end
        hidden = {label: private for (_, private), label in known.items()}
        masked.append(Masked("".join([*parts, message[end:]]), hidden))
    return masked
