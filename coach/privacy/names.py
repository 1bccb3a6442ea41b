"""People's names: by the dictionary's marks, by what stands before them, and by natasha's NER."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from coach.language.lemmas import LONGEST_WORD, fold, marks_of
from coach.privacy.numbers import Found, word_pattern

if TYPE_CHECKING:
    from natasha import NewsNERTagger, Segmenter

NAME = "name"
WORD = re.compile(r"[А-ЯЁа-яё]+(?:-[А-ЯЁа-яё]+)*")
INITIALS = re.compile(r"\s{0,3}(?:[А-ЯЁа-яё]\s?\.\s?){1,2}")
GAP = re.compile(r"\s+")
PERSON = "PER"
NAME_MARKS = frozenset(("Name", "Surn", "Patr"))
OTHER_PARTS = frozenset(("ADJF", "VERB", "ADVB", "PREP", "CONJ"))
PLAIN_PARTS = frozenset(("VERB", "ADVB", "PREP", "CONJ", "NPRO", "INFN"))
SHORTEST_UNKNOWN = 3


def find_names(message: str, *, by_model: bool = True) -> Iterator[Found]:
    """Yield the names of a message, neighbouring parts of one name together.

    Without the model (`by_model`, tens of milliseconds) only what the dictionary marks is found.
    """
    words = list(WORD.finditer(message))
    chosen = [_is_name(message, words, place) for place in range(len(words))]
    starts = [word.start() for word in words]
    for start, end in _recognised(message) if by_model and words else ():
        for place in range(bisect_left(starts, start), bisect_left(starts, end)):
            word = words[place]
            is_theory = place > 0 and _is_in(words[place - 1][0], "theories")
            is_listed = fold(word[0]) in _listed("common") | _listed("never")
            if word.end() <= end and not (is_listed or is_theory):
                chosen[place] = True
    for place in [*range(len(words)), *reversed(range(len(words)))]:
        chosen[place] = chosen[place] or _continues(message, words, chosen, place)
    holder = rf"\b(?:{word_pattern('holders')})\W{{1,9}}([A-Za-z]{{1,40}} [A-Za-z]{{1,40}})"
    for found in re.finditer(holder, message, re.IGNORECASE):
        yield Found(NAME, *found.span(1))
    place = 0
    while place < len(words):
        if not chosen[place]:
            place += 1
            continue
        last = place
        while last + 1 < len(words) and chosen[last + 1] and _are_close(message, words, last):
            last += 1
        initials = INITIALS.match(message, words[last].end())
        tail = initials[0].rstrip() if initials else ""
        yield Found(NAME, words[place].start(), words[last].end() + len(tail))
        place = last + 1


def _are_close(message: str, words: list[re.Match[str]], place: int) -> bool:
    between = message[words[place].end() : words[place + 1].start()]
    return GAP.fullmatch(between) is not None


def _is_name(message: str, words: list[re.Match[str]], place: int) -> bool:
    word = words[place][0]
    marks = _marks_of(word)
    before = words[place - 1][0] if place else ""
    if _is_in(before, "theories") or fold(word) in _listed("never"):
        return False
    if "Patr" in marks:
        return True
    is_called = _is_in(before, "callers")
    is_capital = word[0].isupper()
    if not marks & NAME_MARKS:
        is_unknown = is_capital and "UNKN" in marks and len(word) >= SHORTEST_UNKNOWN
        return is_called and is_unknown and not word.isupper()
    gap = message[words[place - 1].end() if place else 0 : words[place].start()]
    opens = not place or gap.rstrip().endswith((".", "!", "?"))
    is_common = fold(word) in _listed("common")
    if is_capital and not (opens and (is_common or marks & OTHER_PARTS)):
        return True
    if "Surn" in marks and INITIALS.match(message, words[place].end()):
        return "." in message[words[place].end() : words[place].end() + 4]
    near = [n for n in (place - 1, place + 1) if 0 <= n < len(words)]
    is_beside = any(
        _are_close(message, words, min(n, place))
        and _marks_of(words[n][0]) & NAME_MARKS
        and fold(words[n][0]) not in _listed("common")
        for n in near
    )
    is_sure = "common" not in marks and "Name" in marks
    return is_beside or (not is_common and (is_called or is_sure))


def _continues(message: str, words: list[re.Match[str]], chosen: list[bool], place: int) -> bool:
    """Whether a word belongs to the name beside it: capitalised too, or a name of rare kind."""
    word = words[place][0]
    near = [n for n in (place - 1, place + 1) if 0 <= n < len(words) and chosen[n]]
    if not any(_are_close(message, words, min(n, place)) for n in near):
        return False
    is_listed = fold(word) in _listed("never") or _is_in(word, "callers")
    marks = _marks_of(word)
    is_rare = bool(marks & NAME_MARKS) and len(word) >= SHORTEST_UNKNOWN
    is_capital = word[0].isupper() and (len(word) > 1) and not marks & PLAIN_PARTS
    return not is_listed and (is_capital or is_rare)


def _marks_of(word: str) -> frozenset[str]:
    return marks_of(fold(word)[:LONGEST_WORD])


def _is_in(word: str, kind: str) -> bool:
    return bool(re.fullmatch(word_pattern(kind), word, re.IGNORECASE))


@cache
def _listed(kind: str) -> frozenset[str]:
    return frozenset(fold(word) for word in word_pattern(kind).split())


@cache
def _load_tagger() -> tuple[Segmenter, NewsNERTagger]:
    from natasha import NewsEmbedding, NewsNERTagger, Segmenter

    return Segmenter(), NewsNERTagger(NewsEmbedding())


def _recognised(message: str) -> list[tuple[int, int]]:
    """The persons that natasha's news model finds."""
    from natasha import Doc

    segmenter, tagger = _load_tagger()
    document: Any = Doc(message)
    document.segment(segmenter)
    document.tag_ner(tagger)
    return [(span.start, span.stop) for span in document.spans if span.type == PERSON]
