"""Words and lemmas."""

from __future__ import annotations

from coach.language.lemmas import lemmas_of, words_of


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
