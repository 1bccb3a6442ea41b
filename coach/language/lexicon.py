"""Which words are right: those of the Russian dictionary, and the knowledge's own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path

from coach.language.lemmas import is_dictionary_word, words_of

ENGLISH = Path(__file__).with_name("english.txt")
SWEARING = Path(__file__).with_name("swearing.txt")
LATIN = frozenset("abcdefghijklmnopqrstuvwxyz")
SHORTEST_REPAIRED = 4
TRUSTED_COUNT = 3


@cache
def _swearing() -> re.Pattern[str]:
    roots = SWEARING.read_text(encoding="utf-8").split()
    return re.compile("|".join(map(re.escape, roots)))


def is_swearing(word: str) -> bool:
    """Whether a folded word holds a root of swearing: no dictionary lists all made of it."""
    return _swearing().search(word) is not None


class Lexicon:
    """Words of the knowledge (question bank, instruction), counted, above the dictionary."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.counts: Counter[str] = Counter()
        for one in texts:
            self.counts.update(words_of(one))
        self._by_length: dict[tuple[int, int], list[str]] = {}

    def is_known(self, word: str) -> bool:
        """Whether a folded word is right as it is."""
        if word.isdigit() or is_dictionary_word(word) or is_swearing(word):
            return True
        return self.counts[word] >= TRUSTED_COUNT or (set(word) <= LATIN and word in self.counts)

    def frequency(self, word: str) -> float:
        """How common a word is: its count, less than one for a mere dictionary word, or 0."""
        return float(self.counts[word] or 0.5) if self.is_known(word) else 0.0

    def weight(self, word: str) -> float:
        """How much a word speaks for a reading: its letters, when it is known."""
        return float(len(word)) if self.is_known(word) else 0.0

    @cached_property
    def repairable(self) -> list[str]:
        """Russian words long enough to be what a misspelt word meant, the most frequent first."""
        return [
            word
            for word, count in self.counts.most_common()
            if len(word) >= SHORTEST_REPAIRED
            and not LATIN & set(word)
            and (count >= TRUSTED_COUNT or is_dictionary_word(word))
        ]

    def repairable_of(self, length: int, most: int) -> list[str]:
        """Those of `repairable` that differ from a length by at most so many letters."""
        if (length, most) not in self._by_length:
            near = [word for word in self.repairable if abs(len(word) - length) <= most]
            self._by_length[length, most] = near
        return self._by_length[length, most]

    @cached_property
    def english(self) -> frozenset[str]:
        """English words, common ones and those of the knowledge: they are not transliterated."""
        common = ENGLISH.read_text(encoding="utf-8").split()
        return frozenset(common) | {word for word in self.counts if set(word) <= LATIN}
