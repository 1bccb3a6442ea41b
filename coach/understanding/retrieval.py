"""Passages for a question: lexical and vector rankings, fused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coach.index.documents import DocumentIndex
from coach.index.store import nearest
from coach.instruction.documents import Passage

CONSIDERED = 20
VECTOR_WEIGHT = 0.2


@dataclass(frozen=True)
class RankedPassage:
    """A passage with its fused score, 0..1."""

    passage: Passage
    score: float


def retrieve_passages(
    index: DocumentIndex, question: str, vector: Sequence[float]
) -> list[RankedPassage]:
    """Rank passages by a convex combination of BM25 and cosine similarity, best first.

    BM25 is divided by the best passage's, so that both scores are at most 1. Source: Bruch, Gai
    and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (TOIS 2023). The static
    vectors rank Russian passages worse than words do, hence their small weight; they speak when
    no word is shared.
    """
    lexical = dict(index.lexical.rank(question, CONSIDERED))
    neighbours = nearest(index.vectors, vector, CONSIDERED)
    similar = {int(one.metadata["number"]): similarity for one, similarity in neighbours}
    best = max(lexical.values(), default=1.0)
    ranked = []
    for number in dict.fromkeys([*lexical, *similar]):
        share, similarity = lexical.get(number, 0.0) / best, max(similar.get(number, 0.0), 0.0)
        score = (1 - VECTOR_WEIGHT) * share + VECTOR_WEIGHT * similarity
        ranked.append(RankedPassage(index.passages[number], score))
    return sorted(ranked, key=lambda one: -one.score)
