"""Milliseconds of repeated calls, summed up."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Timing:
    """Median and 95th percentile of some calls, in milliseconds."""

    median_ms: float
    p95_ms: float
    calls: int

    def __str__(self) -> str:
        return f"median {self.median_ms:.1f} ms, p95 {self.p95_ms:.1f} ms ({self.calls} calls)"


def summarise(milliseconds: Sequence[float]) -> Timing:
    """Return the median and p95 of at least one measurement."""
    median, p95 = np.percentile(milliseconds, [50, 95])
    return Timing(float(median), float(p95), len(milliseconds))


def time_calls(call: Callable[[str], object], questions: Sequence[str]) -> list[float]:
    """Return the milliseconds of one call per question."""
    spent = []
    for question in questions:
        started = time.perf_counter()
        call(question)
        spent.append((time.perf_counter() - started) * 1000)
    return spent
