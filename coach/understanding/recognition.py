"""Recognition: how sure the coach is of each situation, and what it goes by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from coach.index.classifier import QuestionClassifier
from coach.index.opening import Index
from coach.index.store import nearest
from coach.instruction.questions import FOLLOW_UP, NOT_ANSWERED
from coach.language.clauses import split_clauses
from coach.language.lemmas import words_of
from coach.language.neutral import neutral_form
from coach.understanding.evidence import CLIP, Combination, Evidence, clip, read_combination

NEIGHBOURS = 12
EXPLAINED = 2
SHOWN_NEIGHBOURS = 3
KNOWN = 0.99  # how sure what stands in the bank is


@dataclass(frozen=True)
class Neighbour:
    """A bank question near to the asked one, with the cosine similarity of the two.

    `is_same` says that the two differ in neutral words alone.
    """

    text: str
    situation_ids: tuple[str, ...]
    similarity: float
    is_same: bool = False


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


def recognise(index: Index, question: str) -> Recognition:
    """Say what a question may be about, by an opened index."""
    neutral = neutral_form(question)
    vector = index.embeddings.embed_query(neutral)
    asked = words_of(neutral)
    neighbours = tuple(
        _neighbour(document, similarity, asked)
        for document, similarity in nearest(index.questions, vector, NEIGHBOURS)
    )
    votes = [(neighbour.situation_ids, neighbour.similarity) for neighbour in neighbours]
    evidence = gather_evidence(index.classifier, index.embeddings, neutral, vector, votes)
    words = tuple(
        (name, index.classifier.matched_words(neutral, name))
        for name in evidence.ranked[:EXPLAINED]
    )
    return weigh_evidence(question, evidence, neighbours, words)


def _neighbour(document: Document, similarity: float, asked: list[str]) -> Neighbour:
    situation_ids = tuple(document.metadata["situations"].split(","))
    is_same = words_of(document.page_content) == asked
    return Neighbour(document.metadata["text"], situation_ids, similarity, is_same)


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
    recognition = Recognition(
        question,
        tuple(ranked),
        combination["second"].probability(best),
        combination["not_answered"].probability(best),
        clip(evidence.logits.get(FOLLOW_UP, -CLIP)),
        tuple(neighbours),
        tuple(words),
    )
    known = _known_situations(neighbours)
    if known is None or FOLLOW_UP in known:
        return recognition
    return _trust_bank(recognition, known)


def _trust_bank(recognition: Recognition, known: Sequence[str]) -> Recognition:
    """Weigh a question that stands in the bank: it means what the bank says."""
    chances = {
        name: KNOWN if name in known else min(chance, 1 - KNOWN)
        for name, chance in recognition.confidences
    }
    return replace(
        recognition,
        confidences=tuple(sorted(chances.items(), key=lambda pair: -pair[1])),
        second=KNOWN if len(known) > 1 else 1 - KNOWN,
        not_answered=KNOWN if NOT_ANSWERED in known else 1 - KNOWN,
    )


def _known_situations(neighbours: Iterable[Neighbour]) -> tuple[str, ...] | None:
    """What the bank says of the very same question; None when it does not hold it, or disagrees."""
    same = {neighbour.situation_ids for neighbour in neighbours if neighbour.is_same}
    return next(iter(same)) if len(same) == 1 else None


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
