"""Passages for a question: lexical and vector rankings, fused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coach.index.opening import Index
from coach.index.store import nearest
from coach.instruction.documents import Passage

FUSION_CONSTANT = 60
CONSIDERED = 20


@dataclass(frozen=True)
class RankedPassage:
    """A passage with its fused score and its place (1 is best, 0 is absent) in each ranking."""

    passage: Passage
    score: float
    lexical_place: int
    vector_place: int


def retrieve_passages(index: Index, question: str, vector: Sequence[float]) -> list[RankedPassage]:
    """Rank passages by reciprocal rank fusion of BM25 and cosine similarity, best first.

    Source: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and
    individual Rank Learning Methods" (SIGIR 2009), with their constant of 60.
    """
    lexical = [number for number, _ in index.lexical.rank(question)[:CONSIDERED]]
    neighbours = nearest(index.stores.passages, vector, CONSIDERED)
    by_vector = [int(document.metadata["number"]) for document, _ in neighbours]
    passages = index.passages
    ranked = []
    for number in dict.fromkeys([*lexical, *by_vector]):
        places = tuple(_place(number, ranking) for ranking in (lexical, by_vector))
        score = sum(1.0 / (FUSION_CONSTANT + place) for place in places if place)
        ranked.append(RankedPassage(passages[number], score, *places))
    return sorted(ranked, key=lambda one: -one.score)


def _place(number: int, ranking: list[int]) -> int:
    return ranking.index(number) + 1 if number in ranking else 0
