"""Measures of recognition and of its confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BINS = 10


@dataclass(frozen=True)
class ReliabilityBin:
    """Replies whose confidence lies in [low, high): how sure they were, how often right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def reliability(confidences: Sequence[float], right: Sequence[bool]) -> list[ReliabilityBin]:
    """Return the bins of a reliability diagram that hold anything, ten of equal width."""
    sure, correct = np.asarray(confidences, dtype=float), np.asarray(right, dtype=float)
    numbers = np.minimum((sure * BINS).astype(int), BINS - 1)
    bins = []
    for number in range(BINS):
        inside = numbers == number
        if inside.any():
            low, high = number / BINS, (number + 1) / BINS
            means = float(sure[inside].mean()), float(correct[inside].mean())
            bins.append(ReliabilityBin(low, high, int(inside.sum()), *means))
    return bins


def expected_calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Mean gap between confidence and accuracy over the bins, weighed by their size (0..1).

    Source: Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian
    Binning" (AAAI 2015). NaN for no replies.
    """
    bins = reliability(confidences, right)
    total = sum(one.count for one in bins)
    gaps = sum(one.count * abs(one.confidence - one.accuracy) for one in bins)
    return gaps / total if total else float("nan")


def share(flags: Sequence[bool]) -> float:
    """Share of true flags; NaN for none."""
    return sum(flags) / len(flags) if flags else float("nan")
