"""Addresses: street and house, with town and flat where they are given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from coach.language.lemmas import fold, grammemes_of
from coach.privacy.numbers import Found, word_pattern

ADDRESS = "address"
TOWN_CHARS = 60
# Repeats are bounded, as in numbers.py.
GAP = r"[,\s]{0,5}"
NAME = r"[А-ЯЁа-яё][\wё-]{0,39}\.?"
STREET = r"[А-ЯЁ][а-яё-]{1,40}"
HOUSE = r"\d{1,4}(?:\s?[а-еА-Е](?!\w)|с\d{1,2})?(?:\s?[/-]\s?\d{1,4})*"


@cache
def _shapes() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    streets, houses = word_pattern("streets"), word_pattern("houses")
    flats, living = word_pattern("flats"), word_pattern("living")
    house = rf"{GAP}(?:(?:{houses})\b\.?\s{{0,3}})?{HOUSE}"
    tail = rf"(?:{GAP}(?:{flats})\b\.?\s{{0,3}}\d{{1,4}}[а-е]?)*"
    ordinal = r"(?:\d{1,2}(?:-[а-я]{1,2})?\s{1,3})?"
    named = rf"{ordinal}(?:{NAME}\s{{1,3}}){{0,2}}{NAME}"
    typed = rf"\b(?:{streets})\b\.?\s{{0,3}}{named}{house}{tail}"
    turned = rf"(?:\b{NAME}\s{{1,3}}){{1,2}}(?:{streets})\b\.?{house}{tail}"
    where = rf"(?:(?:на|по|в)\s{{1,3}})?((?:{NAME}[\s,]{{1,5}}){{1,3}}{HOUSE}{tail})"
    lived = rf"\b(?:{living})\s{{1,3}}{where}"
    bare = rf"\b((?:{STREET}[-\s])?{STREET}{house}{tail})"
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
    flat = rf"(?:{GAP}(?:кв|квартира)\.?\s{{0,3}}\d{{1,6}})?"
    adjective = rf"\b([а-яё-]{{1,40}}{ending}\s{{1,3}}{HOUSE}{flat})"
    lives = rf"кв|-\d|\b(?:{word_pattern('living')})"
    if re.search(lives, message, re.IGNORECASE):
        for found in re.finditer(adjective, message, re.IGNORECASE):
            yield Found(ADDRESS, _with_town(message, found.start(1)), found.end(1))


def _is_street(words: str) -> bool:
    """Whether a capitalised word before a number names a street: an adjective or a genitive."""
    name = re.split(r"[,\s]{1,5}(?:\d|(?:д|дом)\b)", words)[0].split()[-1]
    marks = grammemes_of(fold(name))
    is_adjective = "ADJF" in marks and "femn" in marks
    is_named_after = bool({"gent"} & marks) and bool({"Surn", "Name", "plur"} & marks)
    has_flat = bool(re.search(rf"(?:{word_pattern('flats')})\.?\s{{0,3}}\d", words))
    return is_adjective or is_named_after or has_flat


@cache
def _town() -> re.Pattern[str]:
    kind = rf"(?:\b(?:{word_pattern('towns')})\.?\s{{0,3}})?"
    return re.compile(rf"({kind}\b[А-ЯЁ][а-яё]{{1,40}}(?:-[А-ЯЁа-яё]{{1,20}}){{0,3}}),?\s{{0,3}}$")


def _with_town(message: str, start: int) -> int:
    """The start of the town that stands right before an address, or of the address itself."""
    town = _town().search(message, max(0, start - TOWN_CHARS), start)
    if town is None:
        return start
    named = grammemes_of(fold(town[1].split()[-1].split(".")[-1]))
    is_town = "Geox" in named or town[1].lower().startswith(("г.", "г ", "город"))
    return town.start(1) if is_town else start
