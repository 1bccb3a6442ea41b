"""Words and lemmas."""

from __future__ import annotations

import pytest

from coach.language.lemmas import (
    LONGEST_WORD,
    is_dictionary_word,
    lemma_of,
    lemmas_of,
    marks_of,
    words_of,
)


def test_lemmas_are_folded_and_in_order() -> None:
    assert lemmas_of("Ребёнок кричал: «Дайте МАМУ!»") == ["ребенок", "кричать", "дать", "мама"]
    assert words_of("слова чудны\u0301е") == ["слова", "чудные"]


def test_cyrillic_is_never_dropped() -> None:
    assert lemmas_of("кассовый разрыв") == ["кассовый", "разрыв"]


def test_no_words_no_lemmas() -> None:
    assert words_of("… — 😀 \u0000\u202e") == []
    assert lemmas_of("") == []


def test_an_endless_word_is_cut() -> None:
    (word,) = words_of("а" * 50_000)
    assert len(word) == 40


@pytest.mark.parametrize("run", ["не" * 700, "ё" * 50_000, "а-" * 700, "непре" * 20_000])
def test_a_run_of_letters_longer_than_a_word_is_no_word(run: str) -> None:
    assert not is_dictionary_word(run)
    assert len(lemma_of(run)) <= 2 * LONGEST_WORD
    assert marks_of(run) == marks_of(run[:LONGEST_WORD])
