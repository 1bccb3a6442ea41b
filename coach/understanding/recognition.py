"""Recognition: how sure the coach is of each situation, and what it goes by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.embeddings import Embeddings
from langchain_core.runnables import Runnable, RunnableLambda, RunnablePassthrough

from coach.index.classifier import QuestionClassifier
from coach.index.opening import Index
from coach.index.store import nearest
from coach.instruction.questions import FOLLOW_UP
from coach.language.clauses import split_clauses
from coach.language.lemmas import words_of
from coach.understanding.evidence import CLIP, Combination, Evidence, clip, read_combination

NEIGHBOURS = 12
EXPLAINED = 2
SHOWN_NEIGHBOURS = 3


@dataclass(frozen=True)
class Neighbour:
    """A bank question near to the asked one, with the cosine similarity of the two."""

    text: str
    situation_ids: tuple[str, ...]
    similarity: float


@dataclass(frozen=True)
class Grounds:
    """Why a situation: the message's words that speak for it, and the nearest bank questions."""

    situation: str
    words: tuple[str, ...]
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Recognition:
    """What a message may be about.

    `confidences` are probabilities that the message holds each situation, best first; `second` is
    the probability that it holds the second of them besides the first; `not_answered` that the
    instruction does not answer it; `follow_up` are the log-odds that it means nothing without an
    earlier question. `neighbours` and `words` are the evidence: the nearest bank
    questions, and the words that speak for the likeliest situations.
    """

    question: str
    confidences: tuple[tuple[str, float], ...]
    second: float
    not_answered: float
    follow_up: float = -CLIP
    neighbours: tuple[Neighbour, ...] = ()
    words: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def grounds(self, name: str) -> Grounds:
        """Return what speaks for one situation; empty where it was never looked at."""
        near = [one.text for one in self.neighbours if name in one.situation_ids]
        return Grounds(name, dict(self.words).get(name, ()), tuple(near[:SHOWN_NEIGHBOURS]))


def build_recognition(index: Index) -> Runnable[str, Recognition]:
    """Return the chain from a question to its Recognition."""

    def read(question: str) -> dict[str, Any]:
        return {"question": question, "vector": index.embeddings.embed_query(question)}

    def find_neighbours(seen: dict[str, Any]) -> tuple[Neighbour, ...]:
        found = nearest(index.questions, seen["vector"], NEIGHBOURS)
        return tuple(
            Neighbour(one.page_content, tuple(one.metadata["situations"].split(",")), similarity)
            for one, similarity in found
        )

    def gather(seen: dict[str, Any]) -> Evidence:
        votes = [(one.situation_ids, one.similarity) for one in seen["neighbours"]]
        return gather_evidence(
            index.classifier, index.embeddings, seen["question"], seen["vector"], votes
        )

    def weigh(seen: dict[str, Any]) -> Recognition:
        question, evidence = seen["question"], seen["evidence"]
        words = tuple(
            (name, index.classifier.matched_words(question, name))
            for name in evidence.ranked[:EXPLAINED]
        )
        return weigh_evidence(question, evidence, seen["neighbours"], words)

    return (
        RunnableLambda(read)
        | RunnablePassthrough.assign(neighbours=RunnableLambda(find_neighbours))
        | RunnablePassthrough.assign(evidence=RunnableLambda(gather))
        | RunnableLambda(weigh)
    )


def gather_evidence(
    classifier: QuestionClassifier,
    embeddings: Embeddings,
    question: str,
    vector: Sequence[float],
    neighbours: Iterable[tuple[Sequence[str], float]],
) -> Evidence:
    """Look at a question and its clauses; `neighbours` are situations with a similarity each."""
    clauses = [
        classifier.logits(clause, embeddings.embed_query(clause))
        for clause in split_clauses(question)
    ]
    logits = classifier.logits(question, vector)
    return Evidence(logits, clauses, count_votes(neighbours), len(words_of(question)))


def weigh_evidence(
    question: str,
    evidence: Evidence,
    neighbours: Sequence[Neighbour] = (),
    words: Sequence[tuple[str, tuple[str, ...]]] = (),
    combination: Combination | None = None,
) -> Recognition:
    """Turn evidence into probabilities by the fitted combination."""
    combination = combination or read_combination()
    confidences = {
        name: combination["holds"].probability(evidence.features(name)) for name in evidence.ranked
    }
    ranked = sorted(confidences.items(), key=lambda pair: -pair[1])
    best = evidence.features(ranked[0][0])
    return Recognition(
        question,
        tuple(ranked),
        combination["second"].probability(best),
        combination["not_answered"].probability(best),
        clip(evidence.logits.get(FOLLOW_UP, -CLIP)),
        tuple(neighbours),
        tuple(words),
    )


def count_votes(neighbours: Iterable[tuple[Sequence[str], float]]) -> dict[str, float]:
    """Share of each situation among neighbours, each weighing its squared similarity."""
    votes: dict[str, float] = {}
    total = 0.0
    for names, similarity in neighbours:
        weight = max(similarity, 0.0) ** 2
        total += weight
        for name in names:
            votes[name] = votes.get(name, 0.0) + weight
    return {name: vote / (total or 1.0) for name, vote in votes.items()}
