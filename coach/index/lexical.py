"""Lexical ranking of passages: BM25 over lemmas."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from coach.language.lemmas import lemmas_of

NO_LEMMA = "·"


class LexicalIndex:
    """BM25 over the lemmas of numbered texts (bm25s; Lù, "BM25S", 2024)."""

    def __init__(self, folder: Path) -> None:
        import bm25s

        self._bm25 = bm25s.BM25.load(str(folder), show_progress=False)

    @staticmethod
    def build(texts: Sequence[str], folder: Path) -> None:
        """Write an index of texts into a folder."""
        import bm25s

        bm25 = bm25s.BM25()
        bm25.index([lemmas_of(one) or [NO_LEMMA] for one in texts], show_progress=False)
        bm25.save(str(folder), show_progress=False)

    def rank(self, question: str) -> list[tuple[int, float]]:
        """Return (text number, score) of every text that shares a lemma, best first."""
        lemmas = [lemma for lemma in lemmas_of(question) if lemma in self._bm25.vocab_dict]
        if not lemmas:
            return []
        scores = self._bm25.get_scores(lemmas)
        order = scores.argsort()[::-1]
        return [(int(number), float(scores[number])) for number in order if scores[number] > 0]
