"""Near-duplicates: texts that share most of their letters or of their words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import TYPE_CHECKING

from coach.language.lemmas import lemmas_of, words_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

GRAM_SIZE = 3
LEAST_SHARED_GRAMS = 0.6
LEAST_SHARED_LEMMAS = 0.8
ROWS_AT_ONCE = 500


class NearDuplicates:
    """Finds the near-duplicates of texts among many.

    Two texts are near-duplicates when the Jaccard index of their sets of three-letter runs is at
    least 0.6, or that of their sets of lemmas at least 0.8.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._grams = _SetIndex([letter_grams(text) for text in texts], LEAST_SHARED_GRAMS)
        self._lemmas = _SetIndex([frozenset(lemmas_of(t)) for t in texts], LEAST_SHARED_LEMMAS)

    def find(self, texts: Sequence[str]) -> list[list[int]]:
        """For each text the numbers of its near-duplicates, in order."""
        by_grams = self._grams.find([letter_grams(text) for text in texts])
        by_lemmas = self._lemmas.find([frozenset(lemmas_of(text)) for text in texts])
        return [
            sorted({*grams, *lemmas}) for grams, lemmas in zip(by_grams, by_lemmas, strict=True)
        ]


def letter_grams(text: str) -> frozenset[str]:
    """The runs of three letters of a text's words, word borders included."""
    line = f" {' '.join(words_of(text))} "
    return frozenset(line[n : n + GRAM_SIZE] for n in range(len(line) - GRAM_SIZE + 1))


class _SetIndex:
    """An inverted index that finds the sets whose Jaccard index with a given one is enough."""

    def __init__(self, sets: Sequence[Set[str]], least: float) -> None:
        import numpy as np

        self._least = least
        self._columns: dict[str, int] = {}
        for elements in sets:
            for element in elements:
                self._columns.setdefault(element, len(self._columns))
        self._sizes = np.array([len(elements) for elements in sets])
        self._holders = self._matrix(sets).T.tocsr()

    def find(self, sets: Sequence[Set[str]]) -> Iterator[list[int]]:
        """For each set the numbers of the sets that share enough with it."""
        for start in range(0, len(sets), ROWS_AT_ONCE):
            asked = sets[start : start + ROWS_AT_ONCE]
            shared = self._matrix(asked) @ self._holders
            for row, elements in enumerate(asked):
                near = slice(shared.indptr[row], shared.indptr[row + 1])
                numbers, counts = shared.indices[near], shared.data[near]
                together = len(elements) + self._sizes[numbers] - counts
                yield [int(n) for n in numbers[counts >= self._least * together]]

    def _matrix(self, sets: Sequence[Set[str]]) -> csr_matrix:
        """A row for each set with a 1 in the columns of its elements; unknown ones are left out."""
        from scipy.sparse import csr_matrix

        rows = [[self._columns[e] for e in elements if e in self._columns] for elements in sets]
        columns = [column for row in rows for column in row]
        ends = [0]
        for row in rows:
            ends.append(ends[-1] + len(row))
        shape = (len(sets), len(self._columns))
        return csr_matrix(([1] * len(columns), columns, ends), shape=shape)
