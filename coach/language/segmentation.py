"""Missing spaces: a run of letters split into the words that it holds."""

from __future__ import annotations

import math

from coach.language.lexicon import Lexicon

SHORTEST_RUN, LONGEST_RUN = 8, 200
LONGEST_PART = 20
SHORT_PARTS = frozenset(
    "в с к о у и а я на не по за из от до мы вы он ты но да же бы ли то".split()
)


def split_words(run: str, lexicon: Lexicon) -> list[str]:
    """Return the likeliest split of an unknown run into known words; empty when there is none.

    Viterbi over unigram counts of the lexicon; a dictionary word that it lacks costs more.
    """
    if not SHORTEST_RUN <= len(run) <= LONGEST_RUN:
        return []
    total = sum(lexicon.counts.values()) + 1
    best: list[tuple[float, list[str]] | None] = [(0.0, [])] + [None] * len(run)
    for end in range(1, len(run) + 1):
        for start in range(max(0, end - LONGEST_PART), end):
            before = best[start]
            if before is None:
                continue
            part = run[start:end]
            cost = _cost(part, lexicon, total)
            if cost is None:
                continue
            if best[end] is None or before[0] + cost < best[end][0]:  # type: ignore[index]
                best[end] = (before[0] + cost, [*before[1], part])
    whole = best[len(run)]
    return whole[1] if whole and len(whole[1]) > 1 else []


def _cost(part: str, lexicon: Lexicon, total: int) -> float | None:
    if len(part) < 3:
        return math.log(total / 20) if part in SHORT_PARTS else None
    count = lexicon.counts[part]
    if count:
        return math.log(total / count)
    if len(part) >= 4 and lexicon.is_known(part):
        return math.log(total) + 3
    return None
