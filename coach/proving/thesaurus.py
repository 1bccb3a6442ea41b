"""The thesaurus: which words of a sentence mean the same as the instruction's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from coach.language.lemmas import readings_of, words_of
from coach.proving.sentences import says_something, word_list

SHARED_LETTERS = 5
ENDING_LETTERS = 6
LONGEST_GAP = 3
ANCHORS = 8

Readings = Sequence[str]


@dataclass(frozen=True)
class Match:
    """An expression of the thesaurus in a text: the places of its words, and its group."""

    places: tuple[int, ...]
    group: int


class Thesaurus:
    """Groups of expressions of one meaning, looked up by lemmas.

    Where a group holds an expression and its denial («по теме», «не по теме»), the denial stays.
    """

    def __init__(self, groups: Iterable[Sequence[str]]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        self._anchors: set[tuple[tuple[str, ...], int]] = set()
        for number, items in enumerate(groups):
            read = [tuple(_likeliest(word) for word in words_of(item)) for item in items]
            self._anchors |= {(lemmas, number) for lemmas in read[:ANCHORS]}
            members = set(read)
            denied = [lemmas for lemmas in members if lemmas and lemmas[0] in word_list("denying")]
            for lemmas in sorted(members):
                is_denied = any(_denies(one, lemmas) for one in denied)
                is_empty = len(lemmas) < 2 and not any(map(says_something, lemmas))
                if not is_denied and not is_empty:
                    self._by_first.setdefault(lemmas[0], []).append((lemmas, number))

    def find(
        self, words: Sequence[Readings], parts: Sequence[int], *, anchors: bool = False
    ) -> list[Match]:
        """Return every expression among words, each given by its possible lemmas.

        A few other words may stand inside an expression, but no mark: `parts` tells them apart.
        With `anchors` only the first expressions of a group count: those of the instruction.
        """
        found = []
        for place, readings in enumerate(words):
            for reading in readings:
                for lemmas, group in self._by_first.get(reading, ()):
                    if anchors and (lemmas, group) not in self._anchors:
                        continue
                    places = _follow(lemmas, place, words, parts)
                    if places:
                        found.append(Match(places, group))
        return found


def _likeliest(word: str) -> str:
    """The first dictionary form that says something: «суть» is a noun here."""
    readings = readings_of(word)
    return next(filter(says_something, readings), readings[0])


def _denies(denial: Sequence[str], lemmas: Sequence[str]) -> bool:
    """Whether «не X» or «без X Y» takes back what these lemmas say."""
    tail = set(denial[1:])
    return set(lemmas) == tail or (denial[0] in word_list("without") and set(lemmas) <= tail)


def _follow(
    lemmas: Sequence[str], first: int, words: Sequence[Readings], parts: Sequence[int]
) -> tuple[int, ...] | None:
    """The places of an expression's words that start at `first`, or None when it is not there."""
    places = [first]
    for before, lemma in pairwise(lemmas):
        gap = 0 if before in word_list("not") else LONGEST_GAP
        end = min(len(words), places[-1] + gap + 2)
        following = (
            n for n in range(places[-1] + 1, end) if lemma in words[n] and parts[n] == parts[first]
        )
        place = next(following, None)
        if place is None:
            return None
        places.append(place)
    return tuple(places)


def is_family(one: str, other: str) -> bool:
    """Whether two lemmas look like one root with two endings: «предложить», «предложение»."""
    if one == other:
        return True
    shared = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        shared += 1
    longest = max(len(one), len(other)) - shared
    return shared >= SHARED_LETTERS and longest <= min(shared, ENDING_LETTERS)
