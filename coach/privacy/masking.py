"""Masking: private data is replaced by placeholders, and put back on the operator's own screen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
    word_pattern,
)
from coach.texts import text

LABEL_CHARS = 60
KINDS = (PHONE, CARD, PASSPORT, SNILS, INN, EMAIL, ADDRESS, NAME)


@dataclass(frozen=True)
class Masked:
    """A text without private data; `hidden` says what each placeholder stands for."""

    text: str
    hidden: Mapping[str, str]

    def restore(self, words: str) -> str:
        """Put the private data back into words that speak in placeholders."""
        return _placeholder().sub(lambda found: self.hidden.get(found[0], found[0]), words)


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
    return _apart((*find_numbers(message), *find_addresses(message), *find_names(message)))


def _apart(pieces: Sequence[Found]) -> list[Found]:
    """Pieces in order, the first of those that overlap."""
    chosen: list[Found] = []
    is_taken = bytearray(max((piece.end for piece in pieces), default=0))
    for piece in pieces:
        if not any(is_taken[piece.start : piece.end]):
            is_taken[piece.start : piece.end] = b"\1" * (piece.end - piece.start)
            chosen.append(piece)
    return sorted(chosen, key=lambda piece: piece.start)


def strip_private(message: str) -> str:
    """Leave out numbers and full names of people: what a message is about does not turn on them.

    A name is taken out when it has two words or more, each written with a capital: anything else
    may be a typo of a word that matters.
    """
    found = [*find_numbers(message)]
    for name in find_names(message, by_model=False):
        words = message[name.start : name.end].split()
        if len(words) > 1 and all(word[0].isupper() for word in words):
            found.append(name)
    label = re.compile(rf"(?<!\w)(?:{word_pattern('labels')})[\s:№#.-]{{0,9}}$", re.IGNORECASE)
    parts, end = [], 0
    for private in _apart(found):
        before = message[end : private.start]
        near = before[-LABEL_CHARS:]
        parts.append(before[: len(before) - len(near)] + label.sub("", near))
        end = private.end
    return " ".join([*parts, message[end:]])


def mask(messages: Iterable[str]) -> list[Masked]:
    """Mask messages of one conversation: the same data gets the same placeholder in all of them."""
    known: dict[tuple[str, str], str] = {}
    counts: Counter[str] = Counter()
    masked = []
    for message in messages:
        parts, end = [], 0
        for found in find_private(message):
            private = message[found.start : found.end]
            if (found.kind, private) not in known:
                counts[found.kind] += 1
                label = f"[{text(f'privacy.{found.kind}')}_{counts[found.kind]}]"
                known[found.kind, private] = label
            parts += [message[end : found.start], known[found.kind, private]]
            end = found.end
        hidden = {label: private for (_, private), label in known.items()}
        masked.append(Masked("".join([*parts, message[end:]]), hidden))
    return masked
