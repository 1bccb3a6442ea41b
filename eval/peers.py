"""Peers on the same questions: the plain chain that most projects use, and lexical search alone."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from coach.index.lexical import LexicalIndex
from coach.instruction.documents import ReceivedDocument
from coach.instruction.questions import NOT_ANSWERED
from coach.quality.evaluations import wilson_interval
from eval.gold import Case, GoldSet
from eval.plain_chain import CHUNK_CHARS, OVERLAP_CHARS, build_plain_chain, find_encoder
from eval.running import Result
from eval.texts import word

SEPARATOR = "\n\n"
CONSIDERED = 3


@dataclass(frozen=True)
class Peer:
    """How a way of finding does.

    Shares of right first passages, of right ones among three, and of refusals of what is not
    answered: a chain without a threshold never refuses.
    """

    title: str
    first: float
    three: float
    refused: float
    p95_ms: float
    asked: int = 0
    unanswered: int = 0

    def shares(self) -> dict[str, tuple[float, float, float]]:
        """Each share with the ends of its 95% interval."""
        counts = {"first": self.asked, "three": self.asked, "refused": self.unanswered}
        return {
            name: (getattr(self, name), *wilson_interval(getattr(self, name), count))
            for name, count in counts.items()
        }


def measure_peers(
    results: Sequence[Result], gold: GoldSet, document: ReceivedDocument, encoder: str = ""
) -> list[Peer]:
    """Return ourselves, the plain chain and the others on the same one-situation questions.

    None where no such question was asked; no plain chain where its encoder is not installed.
    `encoder` names a sentence-transformers model for one more plain chain: a multilingual E5,
    where a hub is reached.
    """
    cases = [one.case for one in results if one.case.suite == "situations" and not one.damage]
    if not cases:
        return []
    peers = [_ours(results)]
    count = peers[0].unanswered
    with tempfile.TemporaryDirectory() as folder:
        if find_encoder():
            chain = build_plain_chain(document, Path(folder) / "chroma")
            peers.append(
                _peer(word("page.peer_plain"), cases, count, gold, document, _from_chain(chain))
            )
        if encoder:
            other = build_plain_chain(document, Path(folder) / "other", encoder)
            title = word("page.peer_other", encoder=encoder)
            peers.append(_peer(title, cases, count, gold, document, _from_chain(other)))
        step = CHUNK_CHARS - OVERLAP_CHARS
        chunks = [document.text[n : n + CHUNK_CHARS] for n in range(0, len(document.text), step)]
        LexicalIndex.build(chunks, Path(folder) / "lexical")
        lexical = LexicalIndex(Path(folder) / "lexical")

        def search(question: str) -> list[str]:
            return [chunks[number] for number, _ in lexical.rank(question, CONSIDERED)]

        peers.append(_peer(word("page.peer_lexical"), cases, count, gold, document, search))
    return peers


def latency_ratio(peers: Sequence[Peer]) -> float | None:
    """Our p95 to the plain chain's; None when that was not measured."""
    times = {one.title: one.p95_ms for one in peers}
    plain = times.get(word("page.peer_plain"))
    return times[word("page.peer_ours")] / plain if plain else None


def _from_chain(chain: Callable[[str], str]) -> Callable[[str], list[str]]:
    return lambda question: chain(question).split(SEPARATOR)


def _ours(results: Sequence[Result]) -> Peer:
    plain = [one for one in results if not one.damage]
    asked = [one for one in plain if one.case.suite == "situations"]
    none = [one for one in plain if one.case.expected == (NOT_ANSWERED,)]
    none = [one for one in none if one.case.suite == "not_answered"]
    times = sorted(one.elapsed_ms for one in asked)
    return Peer(
        word("page.peer_ours"),
        sum(one.scores["situation"].value for one in asked) / len(asked),
        sum(one.scores["offered"].value for one in asked) / len(asked),
        sum(not one.reply.answered for one in none) / max(len(none), 1),
        times[int(0.95 * (len(times) - 1))],
        len(asked),
        len(none),
    )


def _peer(
    title: str,
    cases: Sequence[Case],
    unanswered: int,
    gold: GoldSet,
    document: ReceivedDocument,
    search: Callable[[str], list[str]],
) -> Peer:
    """A chunk is right when it holds some of a place that is right to cite."""
    search(cases[0].turns[-1])  # what loads at the first search is not timed
    hits, times = [], []
    for case in cases:
        started = time.perf_counter()
        chunks = search(case.turns[-1])[:CONSIDERED]
        times.append((time.perf_counter() - started) * 1000)
        places = gold.responses[case.expected[0]].accepted
        hits.append([_is_right(document.text.find(chunk), len(chunk), places) for chunk in chunks])
    times.sort()
    return Peer(
        title,
        sum(bool(one and one[0]) for one in hits) / len(hits),
        sum(any(one) for one in hits) / len(hits),
        0.0,
        times[int(0.95 * (len(times) - 1))],
        len(hits),
        unanswered,
    )


def _is_right(start: int, length: int, places: Sequence[tuple[str, int, int]]) -> bool:
    return any(low < start + length and start < high for _, low, high in places)
