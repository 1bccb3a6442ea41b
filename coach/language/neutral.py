"""The neutral form of a message: without what changes nothing about its matter.

Greetings, «что делать», «слишком», «уже 5 минут» and the word for the caller stand in questions of
every matter and of none; a classifier that sees them learns who wrote its examples. They are taken
out of the examples and of the message alike, so that any change of them gives the same answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml

from coach.language.lemmas import LONGEST_WORD, cases_of, fold, lemma_of, words_of

DATA = Path(__file__).with_name("neutral.yaml")
NUMBER = "{число}"
SIGNS = r"[\s,;:.!?…—–-]"
RUSSIAN_WORD = re.compile(r"[а-яё]+(?:-[а-яё]+)*", re.IGNORECASE)
NOMINATIVE = "nomn"


@cache
def _data() -> dict[str, list[str]]:
    rows = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return {
        name: row.split() if isinstance(row, str) else list(map(str, row))
        for name, row in rows.items()
    }


@cache
def _removed() -> re.Pattern[str]:
    numbers = rf"(?:\d+|{'|'.join(_data()['numbers'])})"
    phrases = [*_data()["phrases"], *_data()["durations"], *_data()["words"]]
    asks, fillers, verbs = (
        "|".join(map(_spaced, _data()[name])) for name in ("asks", "fillers", "verbs")
    )
    question = rf"(?:{asks})(?:\s+(?:{fillers}))*\s+(?:{verbs})(?:\s+(?:{fillers}))*"
    words = "|".join([question, *_longest_first(phrases, numbers)])
    return re.compile(rf"(?<![а-я0-9-])(?:{words})(?![а-я0-9-])[,;:!?…]*")


@cache
def _opening() -> re.Pattern[str]:
    words = "|".join(_longest_first(_data()["openers"], ""))
    return re.compile(rf"^{SIGNS}*(?:{words})(?:{SIGNS}+|$)")


def _longest_first(phrases: Iterable[str], numbers: str) -> list[str]:
    return [
        _spaced(phrase).replace(re.escape(NUMBER), numbers)
        for phrase in sorted(phrases, key=len, reverse=True)
    ]


def _spaced(phrase: str) -> str:
    return r"\s+".join(map(re.escape, phrase.split()))


def neutral_form(message: str) -> str:
    """Return a message without its neutral words; as it was when nothing else is in it.

    >>> neutral_form("Здравствуйте, клиент слишком медленно говорит, что делать?")
    'медленно говорит,'
    """
    folded = fold(message)
    reduced = _remove(folded, _opening())
    reduced = _remove(reduced, _removed())
    reduced = RUSSIAN_WORD.sub(_reduce_caller, reduced)
    reduced = re.sub(r"\s+", " ", reduced).strip(" ,;:")
    return reduced if words_of(reduced) else message


def _remove(message: str, pattern: re.Pattern[str]) -> str:
    before = None
    while before != message:
        before, message = message, pattern.sub(" ", message)
    return message


def _reduce_caller(match: re.Match[str]) -> str:
    word = match[0]
    callers = _data()["callers"]
    if len(word) > LONGEST_WORD:  # no word: looking it up costs more than it says
        return word
    if lemma_of(word) not in callers and word not in callers:
        return word
    return "" if NOMINATIVE in cases_of(word) else callers[0]
