"""Alarms by kind: how often danger is told of messages in danger, and of calm look-alikes."""

from __future__ import annotations

from dataclasses import dataclass

from coach.safety.detector import CERTAIN
from coach.texts import read_texts
from eval.cases import DATA
from eval.gold import CALM, IN_DANGER
from eval.running import Run
from eval.scorers import danger_of
from eval.summary import Metric, share_of

KINDS = DATA / "danger_kinds.yaml"


@dataclass(frozen=True)
class KindAlarms:
    """How often danger was told of one kind of messages: at all, and as certain."""

    suite: str
    kind: str
    alarm: Metric
    certain: Metric

    @property
    def title(self) -> str:
        """The kind in the trainer's words, or as the gold file names it."""
        return str(read_texts(KINDS).get(self.kind, self.kind))


def alarms_by_kind(run: Run) -> list[KindAlarms]:
    """What was told of danger by kind: of messages in danger, then of calm look-alikes."""
    told: dict[tuple[str, str], list[str | None]] = {}
    for suite in (IN_DANGER, CALM):
        for result in run.results:
            if result.case.suite == suite:
                told.setdefault((suite, result.case.kind), []).append(danger_of(result.reply))
    return [
        KindAlarms(
            suite,
            kind,
            share_of("alarm", [float(danger is not None) for danger in dangers]),
            share_of("certain", [float(danger == CERTAIN) for danger in dangers]),
        )
        for (suite, kind), dangers in told.items()
    ]
