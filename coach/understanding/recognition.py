"""Recognition: how sure the coach is of each situation, and what it goes by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import Runnable, RunnableLambda, RunnablePassthrough

from coach.index.opening import Index
from coach.index.store import nearest
from coach.instruction.questions import NOT_ANSWERED
from coach.understanding.retrieval import RankedPassage, retrieve_passages

NEIGHBOURS = 12
NEIGHBOUR_WEIGHT = 1.0
PASSAGE_WEIGHT = 0.5
FLOOR = 1e-4


@dataclass(frozen=True)
class Neighbour:
    """A bank question near to the asked one, with the cosine similarity of the two."""

    text: str
    situation_ids: tuple[str, ...]
    similarity: float


@dataclass(frozen=True)
class Recognition:
    """Every situation's confidence, best first, and the evidence: neighbours and passages."""

    question: str
    confidences: tuple[tuple[str, float], ...]
    not_answered: float
    neighbours: tuple[Neighbour, ...]
    passages: tuple[RankedPassage, ...]


def build_recognition(index: Index) -> Runnable[str, Recognition]:
    """Return the chain from a question to its Recognition."""

    def read(question: str) -> dict[str, Any]:
        return {"question": question, "vector": index.embeddings.embed_query(question)}

    def find_neighbours(seen: dict[str, Any]) -> tuple[Neighbour, ...]:
        found = nearest(index.stores.questions, seen["vector"], NEIGHBOURS)
        return tuple(
            Neighbour(one.page_content, tuple(one.metadata["situations"].split(",")), similarity)
            for one, similarity in found
        )

    def weigh(seen: dict[str, Any]) -> Recognition:
        return weigh_evidence(
            seen["question"], seen["chances"], seen["neighbours"], seen["passages"]
        )

    return (
        RunnableLambda(read)
        | RunnablePassthrough.assign(
            chances=RunnableLambda(
                lambda seen: index.classifier.probabilities(seen["question"], seen["vector"])
            )
        )
        | RunnablePassthrough.assign(neighbours=RunnableLambda(find_neighbours))
        | RunnablePassthrough.assign(
            passages=RunnableLambda(
                lambda seen: tuple(retrieve_passages(index, seen["question"], seen["vector"]))
            )
        )
        | RunnableLambda(weigh)
    )


def weigh_evidence(
    question: str,
    chances: Mapping[str, float],
    neighbours: Sequence[Neighbour],
    passages: Sequence[RankedPassage],
) -> Recognition:
    """Add up the classifier's log-odds, the neighbours' votes and the passages' votes."""
    votes = _neighbour_votes(neighbours)
    support = _passage_support(passages)
    confidences = {
        name: _chance(
            _log_odds(chance)
            + NEIGHBOUR_WEIGHT * votes.get(name, 0.0)
            + PASSAGE_WEIGHT * support.get(name, 0.0)
        )
        for name, chance in chances.items()
    }
    not_answered = confidences.pop(NOT_ANSWERED, 0.0)
    ranked = sorted(confidences.items(), key=lambda pair: -pair[1])
    return Recognition(question, tuple(ranked), not_answered, tuple(neighbours), tuple(passages))


def _neighbour_votes(neighbours: Sequence[Neighbour]) -> dict[str, float]:
    votes: dict[str, float] = {}
    total = sum(max(one.similarity, 0.0) ** 2 for one in neighbours)
    for one in neighbours:
        for name in one.situation_ids:
            votes[name] = votes.get(name, 0.0) + max(one.similarity, 0.0) ** 2 / (total or 1.0)
    return votes


def _passage_support(passages: Sequence[RankedPassage]) -> dict[str, float]:
    support: dict[str, float] = {}
    for place, one in enumerate(passages, 1):
        support.setdefault(one.passage.situation_id, 1.0 / place)
    return support


def _log_odds(chance: float) -> float:
    chance = min(max(chance, FLOOR), 1 - FLOOR)
    return math.log(chance / (1 - chance))


def _chance(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))
