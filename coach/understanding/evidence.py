"""Evidence: what speaks for the likeliest situations, and the combination that weighs it.

The combination is a set of logistic regressions (stacking after Wolpert, "Stacked generalization",
Neural Networks 1992) over the classifier's log-odds, the votes of the nearest bank questions, the
length, and what single clauses say. Its weights lie in combination.yaml; `python -m
eval.calibration --write` fits them on authors that the classifier never saw, so that a confidence
is a probability.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import yaml

from coach.instruction.questions import FOLLOW_UP, NOT_ANSWERED

COMBINATION = Path(__file__).with_name("combination.yaml")
CLIP = 9.0
FLOOR = 1e-6
FEATURES = (
    "own",
    "rival",
    "third",
    "not_answered",
    "own_votes",
    "rival_votes",
    "not_answered_votes",
    "length",
    "clauses",
    "rival_in_clause",
    "rival_over_own",
    "rival_alone",
    "rival_where_over_own",
    "own_where_over_rival",
)


@dataclass(frozen=True)
class Evidence:
    """What was seen in one message.

    `logits` are the classifier's log-odds by class (situations, `none`, `follow_up`), `clauses`
    the same for each clause, `votes` the shares (0..1) of the nearest bank questions, `words` the
    number of words.
    """

    logits: Mapping[str, float]
    clauses: Sequence[Mapping[str, float]]
    votes: Mapping[str, float]
    words: int

    @cached_property
    def ranked(self) -> list[str]:
        """Situations by the classifier, the likeliest first."""
        names = [name for name in self.logits if name not in (NOT_ANSWERED, FOLLOW_UP)]
        return sorted(names, key=lambda name: -self.logits[name])

    def features(self, name: str) -> np.ndarray:
        """Return the features of one situation against its best rival, in FEATURES' order."""
        others = [other for other in self.ranked if other != name]
        rival = others[0] if others else NOT_ANSWERED
        third = clip(self.logits[others[1]]) if len(others) > 1 else -CLIP
        own, against = clip(self.logits[name]), clip(self.logits[rival])
        values = [
            own,
            against,
            third,
            clip(self.logits.get(NOT_ANSWERED, -CLIP)),
            self.votes.get(name, 0.0),
            self.votes.get(rival, 0.0),
            self.votes.get(NOT_ANSWERED, 0.0),
            math.log1p(self.words),
        ]
        clauses = self.clauses or [self.logits]
        over = [one[rival] - one[name] for one in clauses]
        most, least = clauses[int(np.argmax(over))], clauses[int(np.argmin(over))]
        alone = [one[rival] - max(one[other] for other in one if other != rival) for one in clauses]
        values += [
            float(len(clauses) > 1),
            clip(max(one[rival] for one in clauses)),
            clip(max(over)),
            clip(max(alone)),
            clip(most[rival]),
            clip(least[name]),
        ]
        return np.array(values)


def clip(value: float) -> float:
    """Keep log-odds within what the combination was fitted on."""
    return min(max(value, -CLIP), CLIP)


def log_odds(chance: float) -> float:
    """Return the clipped log-odds of a probability."""
    return clip(math.log(max(chance, FLOOR) / max(1 - chance, FLOOR)))


@dataclass(frozen=True)
class Weights:
    """One logistic regression of the combination."""

    intercept: float
    weights: np.ndarray

    def probability(self, features: np.ndarray) -> float:
        """Return the probability that these features mean."""
        return float(1.0 / (1.0 + np.exp(-(self.intercept + features @ self.weights))))


Combination = Mapping[str, Weights]


@cache
def read_combination(path: Path = COMBINATION) -> Combination:
    """Read the fitted regressions.

    `holds`, `second` and `not_answered` weigh FEATURES; `topic` weighs a follow-up's.
    """
    described = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        name: Weights(float(one["intercept"]), np.array(list(one["weights"].values()), dtype=float))
        for name, one in described.items()
    }
