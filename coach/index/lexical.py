"""Lexical ranking of passages: BM25 over lemmas and pieces of words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from coach.language.lemmas import is_function_word, lemma_of, words_of

NO_TOKEN = "·"
PIECE_CHARS = 4
SATURATION = 1.5
LENGTH_PENALTY = 0.3


def tokens_of(words: str) -> list[str]:
    """Return each content word's lemma, twice, and its character 4-grams.

    The pieces find names and terms whose lemma the dictionary does not know; the lemma counts
    double so that they do not drown it.
    """
    tokens: list[str] = []
    for word in words_of(words):
        if not is_function_word(word):
            bordered = f" {word} "
            pieces = range(max(1, len(bordered) - PIECE_CHARS + 1))
            tokens += [lemma_of(word)] * 2
            tokens += [f"#{bordered[place : place + PIECE_CHARS]}" for place in pieces]
    return tokens


class LexicalIndex:
    """BM25 over the tokens of numbered texts (bm25s; Lù, "BM25S", 2024)."""

    def __init__(self, folder: Path) -> None:
        import bm25s

        self._bm25 = bm25s.BM25.load(str(folder), show_progress=False)

    @staticmethod
    def build(texts: Sequence[str], folder: Path) -> None:
        """Write an index of texts into a folder."""
        import bm25s

        bm25 = bm25s.BM25(k1=SATURATION, b=LENGTH_PENALTY)
        bm25.index([tokens_of(one) or [NO_TOKEN] for one in texts], show_progress=False)
        bm25.save(str(folder), show_progress=False)

    def rank(self, question: str, count: int) -> list[tuple[int, float]]:
        """Return (text number, score) of the best texts that share a token, best first."""
        tokens = [token for token in tokens_of(question) if token in self._bm25.vocab_dict]
        if not tokens:
            return []
        scores = self._bm25.get_scores(tokens)
        count = min(count, len(scores))
        order = scores.argpartition(-count)[-count:]
        order = order[scores[order].argsort(kind="stable")[::-1]]
        return [(int(number), float(scores[number])) for number in order if scores[number] > 0]
