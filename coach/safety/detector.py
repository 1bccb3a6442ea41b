"""The danger stage: is somebody's life in danger? Asked of every message before anything else.

Two classifiers look at the message, as typed and as repaired: one over n-grams, learned at index
time from the danger bank, which also looks at each clause alone, and the danger encoder. A fitted
combination (stacking after Wolpert, 1992) weighs them into one probability; `python -m eval.danger
--fit` fits it on authors that neither has seen. A message that stands in the bank word for word is
what the bank says, and the trainers' signs are a floor: at least possible.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from langchain_core.embeddings import Embeddings

from coach.index.classifier import QuestionClassifier
from coach.instruction.danger import DANGER, DangerGuide, is_calm
from coach.language.clauses import split_clauses
from coach.language.lemmas import fold, lemmas_of, words_of
from coach.safety.encoder import DangerEncoder

WEIGHTS = Path(__file__).with_name("weights.yaml")
FEATURES = ("words", "encoder", "words_in_clause")
POSSIBLE, CERTAIN = "possible", "certain"
CLIP = 12.0
ENCODER_HIGHEST = 5.0  # trained on smoothed labels, it gives 4.4 at the most
PIECE_CHARS, FIRST_PIECES = 200, 1


@dataclass(frozen=True)
class Weights:
    """The fitted combination: an intercept, a weight for each of FEATURES, and two thresholds.

    The thresholds are probabilities (0..1) from which danger is `possible` and `certain`.
    """

    intercept: float
    weights: np.ndarray
    possible: float
    certain: float

    def probability(self, features: np.ndarray) -> float:
        """Return the probability of danger that the features mean."""
        return float(1.0 / (1.0 + np.exp(-(self.intercept + features @ self.weights))))


@cache
def read_weights(path: Path = WEIGHTS) -> Weights:
    """Read the fitted combination."""
    row = yaml.safe_load(path.read_text(encoding="utf-8"))
    weights = np.array([float(row["weights"][name]) for name in FEATURES])
    return Weights(float(row["intercept"]), weights, float(row["possible"]), float(row["certain"]))


@dataclass(frozen=True)
class Danger:
    """What the stage thinks of a message.

    `level` is None, `possible` or `certain`; `own_card` is the situation whose card stands under
    the danger screen, when the danger is the operator's own.
    """

    level: str | None
    probability: float = 0.0
    own_card: str | None = None


class DangerDetector:
    """Decides for one message, from one opened index."""

    def __init__(
        self,
        classifier: QuestionClassifier,
        encoder: DangerEncoder,
        embeddings: Embeddings,
        guide: DangerGuide,
    ) -> None:
        self._classifier = classifier
        self._encoder = encoder
        self._embeddings = embeddings
        response = guide.response
        self._own_cards = response.own_cards
        self._signs = [frozenset(fold(sign).split()) for sign in response.signs]
        self._resolved = [f" {' '.join(words_of(phrase))} " for phrase in response.resolved]
        self._taught = {fold(message.text): not is_calm(message) for message in guide.messages}

    def assess(self, typed: str, repaired: str) -> Danger:
        """Say whether a message tells of danger, from what was typed and what it was read as."""
        taught = self._taught.get(fold(typed.strip()))
        if taught is not None:
            return Danger(CERTAIN, 1.0, self._find_own_card(repaired)) if taught else Danger(None)
        weights = read_weights()
        probability = weights.probability(self._features(typed, repaired))
        if probability >= weights.certain:
            return Danger(CERTAIN, probability, self._find_own_card(repaired))
        if probability >= weights.possible or self._has_sign((typed, repaired)):
            return Danger(POSSIBLE, probability)
        return Danger(None, probability)

    def _find_own_card(self, message: str) -> str | None:
        """The card of the kind of danger that is about the operator, when the message is."""
        logits = self._classifier.logits(message, self._embeddings.embed_query(message))
        cards = self._own_cards
        likely = [(logits[kind], card) for kind, card in cards.items() if logits.get(kind, -1) > 0]
        return max(likely)[1] if likely else None

    def is_resolved(self, message: str) -> bool:
        """Whether the operator says that help is called, or that there is no danger."""
        words = f" {' '.join(words_of(message))} "
        return any(phrase in words for phrase in self._resolved)

    def _features(self, typed: str, repaired: str) -> np.ndarray:
        """Return FEATURES of a message.

        The encoder takes most of the time: where even its highest log-odds would leave the message
        calm, it is not asked, and that value stands for it.
        """
        readings = list(dict.fromkeys((typed, repaired)))
        words = [self._word_logit(text) for text in readings]
        clauses = [self._word_logit(clause) for clause in split_clauses(repaired)]
        highest = combine(words, [ENCODER_HIGHEST], clauses)
        if read_weights().probability(highest) < read_weights().possible:
            return highest
        pieces = split_pieces(repaired)
        if len(pieces) == 1 and len(typed) <= PIECE_CHARS:
            pieces = readings
        return combine(words, self._encoder.logits(pieces), clauses)

    def _word_logit(self, text: str) -> float:
        return self._classifier.logits(text, self._embeddings.embed_query(text))[DANGER]

    def _has_sign(self, texts: Iterable[str]) -> bool:
        spoken = {word for text in texts for word in (*words_of(text), *lemmas_of(text))}
        return any(sign <= spoken for sign in self._signs)


def split_pieces(message: str) -> list[str]:
    """Cut a message at spaces into what the encoder reads at once; of a long one its two ends.

    >>> split_pieces("короткое сообщение")
    ['короткое сообщение']
    """
    pieces = textwrap.wrap(message, PIECE_CHARS) or [message]
    return pieces[:FIRST_PIECES] + pieces[FIRST_PIECES:][-1:]


def follow_danger(danger: Danger, earlier: str | None, *, is_answered: bool) -> Danger:
    """Weigh what a message says by itself against the danger that the call was left in.

    A danger that was certain stays so while it is followed up; above a card that was asked for in
    the meantime it stays as a banner.
    """
    if danger.level == CERTAIN or earlier is None:
        return danger
    level = CERTAIN if earlier == CERTAIN and not is_answered else POSSIBLE
    return Danger(level, danger.probability, danger.own_card)


def combine(
    words: Sequence[float], encoder: Sequence[float], clauses: Sequence[float]
) -> np.ndarray:
    """Return FEATURES from log-odds: of the readings of a message by both, and of its clauses."""
    highest = (max(words), max(encoder), max(clauses or words))
    return np.array([min(max(logit, -CLIP), CLIP) for logit in highest])
