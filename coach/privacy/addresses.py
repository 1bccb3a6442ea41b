"""Addresses: street and house, with town and flat where they are given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from coach.language.lemmas import fold, grammemes_of
from coach.privacy.numbers import Found, word_pattern

ADDRESS = "address"
NAME = r"[А-ЯЁа-яё][\wё-]*\.?"
HOUSE = r"\d{1,4}(?:\s?[а-еА-Е](?!\w)|с\d{1,2})?(?:\s?[/-]\s?\d{1,4})*"


@cache
def _shapes() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    streets, houses = word_pattern("streets"), word_pattern("houses")
    flats, living = word_pattern("flats"), word_pattern("living")
    house = rf"[,\s]*(?:(?:{houses})\b\.?\s*)?{HOUSE}"
    tail = rf"(?:[,\s]*(?:{flats})\b\.?\s*\d{{1,4}}[а-е]?)*"
    ordinal = r"(?:\d{1,2}(?:-[а-я]{1,2})?\s+)?"
    typed = rf"\b(?:{streets})\b\.?\s*{ordinal}(?:{NAME}\s+){{0,2}}{NAME}{house}{tail}"
    turned = rf"(?:\b{NAME}\s+){{1,2}}(?:{streets})\b\.?{house}{tail}"
    lived = rf"(?<=\b)(?:{living})\s+(?:(?:на|по|в)\s+)?((?:{NAME}[\s,]+){{1,3}}{HOUSE}{tail})"
    bare = rf"\b((?:[А-ЯЁ][а-яё-]+[-\s])?[А-ЯЁ][а-яё-]+{house}{tail})"
    return (
        re.compile(rf"{typed}|{turned}", re.IGNORECASE),
        re.compile(lived, re.IGNORECASE),
        re.compile(bare),
    )


def find_addresses(message: str) -> Iterator[Found]:
    """Yield the addresses of a message."""
    typed, lived, bare = _shapes()
    for found in typed.finditer(message):
        yield Found(ADDRESS, _with_town(message, found.start()), found.end())
    for found in lived.finditer(message):
        yield Found(ADDRESS, found.start(1), found.end(1))
    for found in bare.finditer(message):
        if _is_street(found[1]):
            yield Found(ADDRESS, _with_town(message, found.start(1)), found.end(1))
    ending = "(?:ская|ской|скую|ной|ная|ную|цкая|цкой)"
    flat = r"(?:[,\s]*(?:кв|квартира)\.?\s*\d+)?"
    adjective = rf"\b([а-яё-]+{ending}\s+{HOUSE}{flat})"
    for found in re.finditer(adjective, message, re.IGNORECASE):
        if re.search(rf"(?:кв|-\d|{word_pattern('living')})", message, re.IGNORECASE):
            yield Found(ADDRESS, _with_town(message, found.start(1)), found.end(1))


def _is_street(words: str) -> bool:
    """Whether a capitalised word before a number names a street: an adjective or a genitive."""
    name = re.split(r"[,\s]+\d|[,\s]+(?:д|дом)\b", words)[0].split()[-1]
    marks = grammemes_of(fold(name))
    is_adjective = "ADJF" in marks and "femn" in marks
    is_named_after = bool({"gent"} & marks) and bool({"Surn", "Name", "plur"} & marks)
    has_flat = bool(re.search(rf"(?:{word_pattern('flats')})\.?\s*\d", words))
    return is_adjective or is_named_after or has_flat


def _with_town(message: str, start: int) -> int:
    """The start of the town that stands right before an address, or of the address itself."""
    towns = word_pattern("towns")
    town = re.search(
        rf"((?:\b(?:{towns})\.?\s*)?\b[А-ЯЁ][а-яё]+(?:-[А-ЯЁа-яё]+)*),?\s*$", message[:start]
    )
    if town is None:
        return start
    named = grammemes_of(fold(town[1].split()[-1].split(".")[-1]))
    is_town = "Geox" in named or town[1].lower().startswith(("г.", "г ", "город"))
    return town.start(1) if is_town else start
