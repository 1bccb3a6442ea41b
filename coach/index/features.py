"""What the question classifier sees of a question: n-grams of lemmas and letters, and its shape."""

from __future__ import annotations

import itertools
import re
from functools import lru_cache

import numpy as np

from coach.language.lemmas import CACHED_WORDS, lemmas_of, words_of

CHAR_SIZES = (2, 3, 4, 5)
SHAPE_WEIGHT = 0.5
SHORT, LONG, LONGEST = 4, 15, 40
QUOTES = '«»"“”„'
PAUSE = re.compile(r"\.\.|…")


def lemma_grams(question: str) -> list[str]:
    """Lemmas and pairs of neighbouring lemmas."""
    lemmas = lemmas_of(question)
    return lemmas + [f"{a} {b}" for a, b in itertools.pairwise(lemmas)]


def char_grams(question: str) -> list[str]:
    """Character n-grams inside words, word borders included."""
    return [gram for word in words_of(question) for gram in _char_grams_of(word)]


@lru_cache(maxsize=CACHED_WORDS)
def _char_grams_of(word: str) -> tuple[str, ...]:
    bordered = f" {word} "
    return tuple(
        bordered[n : n + size] for size in CHAR_SIZES for n in range(len(bordered) - size + 1)
    )


GRAMS = {"lemma": lemma_grams, "char": char_grams}


def shape_of(question: str) -> np.ndarray:
    """How a question is written, ten floats: quotes, marks, pauses, length, digits.

    A caller's words pasted in quotes, a telegraphic fragment and a told scene use the same words
    for different matters.
    """
    words, pauses = len(words_of(question)), len(PAUSE.findall(question))
    signs = (
        any(quote in question for quote in QUOTES),
        question[:1] in QUOTES,
        "?" in question,
        "!" in question,
        min(words, LONGEST) / LONGEST,
        words < SHORT,
        words > LONG,
        pauses > 0,
        pauses > 1,
        any(letter.isdigit() for letter in question),
    )
    return np.array(signs, dtype=np.float64) * SHAPE_WEIGHT
