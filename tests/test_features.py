"""What the classifier sees of a question besides its words."""

from __future__ import annotations

import numpy as np
import pytest

from coach.index.features import SHAPE_WEIGHT, lemma_grams, shape_of


def test_shape_tells_a_quote_from_a_fragment() -> None:
    quote, fragment = shape_of("«Дай номер директора!»"), shape_of("дай номер")
    assert quote.shape == fragment.shape == (10,)
    assert not np.array_equal(quote, fragment)
    assert quote[0] == quote[1] == quote[3] == SHAPE_WEIGHT
    assert fragment[0] == fragment[3] == 0


@pytest.mark.parametrize("message", ["", "…", "а" * 50_000, "1 2 3"])
def test_shape_is_bounded(message: str) -> None:
    assert ((shape_of(message) >= 0) & (shape_of(message) <= SHAPE_WEIGHT)).all()


def test_lemma_grams_hold_lemmas_and_pairs() -> None:
    assert lemma_grams("дайте номер") == ["дать", "номер", "дать номер"]
