"""Words and lemmas of Russian text."""

from __future__ import annotations

import re
import sys
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymorphy3 import MorphAnalyzer
    from pymorphy3.analyzer import Parse

WORD = re.compile(r"[a-zа-я0-9]+")
STRESS = "\u0301"
CACHED_WORDS = 50_000
CACHED_PARSES = 1_000
LONGEST_WORD = 40
LEAST_LIKELY = 0.05
NAMES = frozenset(("Name", "Surn", "Patr"))
FUNCTION_PARTS = ("NPRO", "PREP", "CONJ", "PRCL", "INTJ", "PRED")
POSSESSIVES = frozenset("его ее их им ему ей ней нему них это этом тут там".split())


def fold(words: str) -> str:
    """Fold case, ё/е and stress marks: the form in which words are compared."""
    return words.lower().replace("ё", "е").replace(STRESS, "")


def words_of(message: str) -> list[str]:
    """Return the folded words of a message, in order; runs of letters too long are cut."""
    return [word[:LONGEST_WORD] for word in WORD.findall(fold(message))]


def lemmas_of(message: str) -> list[str]:
    """Return the lemmas of a message's words, in order."""
    return [lemma_of(word) for word in words_of(message)]


@lru_cache(maxsize=CACHED_WORDS)
def lemma_of(word: str) -> str:
    """Return the likeliest dictionary form of one folded word."""
    return fold(_parse(word)[0].normal_form)


@lru_cache(maxsize=CACHED_WORDS)
def is_function_word(word: str) -> bool:
    """Whether a folded word only joins others: pronoun, preposition, conjunction, particle."""
    tag = _parse(word)[0].tag
    return tag.POS in FUNCTION_PARTS or is_pronoun(word) or "Apro" in tag


@lru_cache(maxsize=CACHED_WORDS)
def is_pronoun(word: str) -> bool:
    """Whether a folded word points at somebody or something named before."""
    return word in POSSESSIVES or _parse(word)[0].tag.POS == "NPRO"


@lru_cache(maxsize=CACHED_WORDS)
def readings_of(word: str) -> tuple[str, ...]:
    """The dictionary forms that one folded word may have, the likeliest first."""
    parses = _parse(word)
    likely = [one for one in parses if one.score >= LEAST_LIKELY] or parses[:1]
    return tuple(dict.fromkeys(fold(one.normal_form) for one in likely))


@lru_cache(maxsize=CACHED_WORDS)
def marks_of(word: str) -> frozenset[str]:
    """The marks of all likely readings of a word.

    `common` is among them when the word may also be no name, `UNKN` when no dictionary knows it.
    """
    parses = _parse(word)
    marks = {mark for one in parses if one.score >= LEAST_LIKELY for mark in one.tag.grammemes}
    if any(NAMES.isdisjoint(one.tag.grammemes) for one in parses if one.is_known):
        marks.add("common")
    if not any(one.is_known for one in parses):
        marks.add("UNKN")
    return frozenset(marks)


@lru_cache(maxsize=CACHED_WORDS)
def cases_of(word: str) -> frozenset[str]:
    """The cases that one folded word may stand in, as OpenCorpora names them."""
    return frozenset(str(one.tag.case) for one in _parse(word) if one.tag.case)


@lru_cache(maxsize=CACHED_WORDS)
def grammemes_of(word: str) -> frozenset[str]:
    """The grammatical marks of a folded word's likeliest reading, as OpenCorpora names them."""
    return frozenset(_parse(word)[0].tag.grammemes)


@lru_cache(maxsize=CACHED_WORDS)
def is_dictionary_word(word: str) -> bool:
    """Whether a folded word is a form that the Russian dictionary knows (ё may be е in it)."""
    return len(word) <= LONGEST_WORD and bool(_morphology().word_is_known(word))


@lru_cache(maxsize=CACHED_PARSES)
def _parse(word: str) -> list[Parse]:
    """The readings of one word, cut where no word is longer: each mark is asked for in turn."""
    return list(_morphology().parse(word[:LONGEST_WORD]))


@cache
def _morphology() -> MorphAnalyzer:
    from pymorphy3 import MorphAnalyzer

    return MorphAnalyzer()


def main() -> None:
    """Write the lemma of each folded word of the input, a line each."""
    for stream in (sys.stdin, sys.stdout):
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.writelines(f"{lemma_of(line.strip())}\n" for line in sys.stdin)


if __name__ == "__main__":
    main()
