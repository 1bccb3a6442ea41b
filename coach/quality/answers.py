"""The answers of a period: how they cover the situations, and what people made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from coach.archive.needs import HELPED, OPINIONS, RIGHT, SHOWN, UNSURE
from coach.archive.statistics import AskedTurn
from coach.instruction.questions import NOT_ANSWERED
from coach.quality.evaluations import Evaluation, Report, Share, question_key
from coach.understanding.decision import NO_QUESTION, NO_WORDS, NOT_IN_INSTRUCTION, SMALL_TALK

NO_QUESTIONS = (NO_QUESTION, NO_WORDS, SMALL_TALK)


@dataclass(frozen=True)
class Coverage:
    """How often a situation was shown, guessed at, or the nearest to what was refused."""

    situation: str
    shown: int
    unsure: int
    refused: int

    @property
    def asked(self) -> int:
        """How often the question was taken to be about the situation."""
        return self.shown + self.unsure


@dataclass(frozen=True)
class Day:
    """One day: how much was asked and refused, and the share of «helped» among the opinions."""

    day: date
    asked: int
    refused: int
    helped: Share


@dataclass(frozen=True)
class SituationAgreement:
    """The trainers' share of right answers beside the evaluation's; `none`: what was refused."""

    situation: str
    trainers: Share
    evaluation: Share


@dataclass(frozen=True)
class SharedQuestions:
    """Judged answers whose question is the evaluation's too: how often both say the same.

    `kappa` (Cohen 1960) is None where nothing differs: then chance cannot be told from agreement.
    """

    agreed: Share
    same_version: int
    kappa: float | None


@dataclass(frozen=True)
class Period:
    """Whole days, the last one being today, as the clock of a zone counts them."""

    days: tuple[date, ...]
    zone: tzinfo = UTC

    @property
    def since(self) -> datetime:
        """The moment that the period begins."""
        return datetime.combine(self.days[0], time(), self.zone)


@dataclass(frozen=True)
class Quality:
    """Everything that the page shows: the evaluations, oldest first, and a period's answers."""

    history: tuple[Evaluation, ...]
    report: Report | None
    outcomes: Mapping[str, int]
    coverage: tuple[Coverage, ...]
    opinions: Mapping[str, Mapping[str, int]]
    days: tuple[Day, ...]
    agreement: tuple[SituationAgreement, ...]
    shared: SharedQuestions

    @property
    def last(self) -> Evaluation | None:
        """The last whole evaluation."""
        return self.history[-1] if self.history else None

    @property
    def never_asked(self) -> tuple[str, ...]:
        """The situations that nobody asked about."""
        return tuple(one.situation for one in self.coverage if not one.asked)


def last_days(count: int, zone: tzinfo = UTC, now: datetime | None = None) -> Period:
    """The period of so many days that ends today."""
    today = (now or datetime.now(UTC)).astimezone(zone).date()
    return Period(tuple(today - timedelta(days=n) for n in reversed(range(count))), zone)


def measure_quality(
    turns: Sequence[AskedTurn],
    history: Sequence[Evaluation],
    report: Report | None,
    situations: Sequence[str],
    period: Period,
) -> Quality:
    """Count a period's answers, and hold the trainers' verdicts against the evaluation."""
    asked = [one for one in turns if one.outcome not in NO_QUESTIONS]
    return Quality(
        tuple(history),
        report,
        Counter(one.outcome for one in asked),
        count_coverage(asked, situations),
        count_opinions(asked),
        count_days(asked, period),
        compare_situations(asked, history[-1].situations if history else {}),
        compare_questions(asked, report),
    )


def count_coverage(turns: Sequence[AskedTurn], situations: Sequence[str]) -> tuple[Coverage, ...]:
    """What the turns came to by situation, the most asked first; two cards count for both."""
    counts = Counter((name, one.outcome) for one in turns for name in one.situations)
    names = dict.fromkeys([*situations, *(name for name, _ in counts)])
    found = [
        Coverage(name, *(counts[name, one] for one in (SHOWN, UNSURE, NOT_IN_INSTRUCTION)))
        for name in names
    ]
    return tuple(sorted(found, key=lambda one: (-one.asked, -one.refused)))


def count_opinions(turns: Sequence[AskedTurn]) -> dict[str, dict[str, int]]:
    """How often operators were of each opinion, by situation; `none`: of what was refused."""
    counts = Counter((name, one.opinion) for one in turns if one.opinion for name in _about(one))
    names = sorted({name for name, _ in counts})
    found = {name: {kind: counts[name, kind] for kind in OPINIONS} for name in names}
    return dict(sorted(found.items(), key=lambda one: -sum(one[1].values())))


def _about(turn: AskedTurn) -> tuple[str, ...]:
    return turn.situations if turn.outcome in (SHOWN, UNSURE) else (NOT_ANSWERED,)


def count_days(turns: Sequence[AskedTurn], period: Period) -> tuple[Day, ...]:
    """The days of a period, those without a question too."""
    found: dict[date, list[AskedTurn]] = {day: [] for day in period.days}
    for one in turns:
        found.setdefault(one.asked_at.astimezone(period.zone).date(), []).append(one)
    return tuple(_count_day(day, found[day]) for day in period.days)


def _count_day(day: date, turns: Sequence[AskedTurn]) -> Day:
    refused = sum(one.outcome == NOT_IN_INSTRUCTION for one in turns)
    said = [one.opinion for one in turns if one.opinion]
    return Day(day, len(turns), refused, Share(said.count(HELPED), len(said)))


def compare_situations(
    turns: Sequence[AskedTurn], evaluated: Mapping[str, Share]
) -> tuple[SituationAgreement, ...]:
    """The verdicts on each judged situation beside the evaluation's share; most judged first."""
    judged = Counter(name for one in turns if one.verdict for name in _about(one))
    right = Counter(name for one in turns if one.verdict == RIGHT for name in _about(one))
    return tuple(
        SituationAgreement(name, Share(right[name], total), evaluated.get(name, Share(0, 0)))
        for name, total in judged.most_common()
    )


def compare_questions(turns: Sequence[AskedTurn], report: Report | None) -> SharedQuestions:
    """Hold the verdicts against the evaluation's cases of the same questions."""
    from sklearn.metrics import cohen_kappa_score

    known = report.is_right if report else {}
    pairs = [one for one in turns if one.verdict and question_key(one.question) in known]
    trainers = [one.verdict == RIGHT for one in pairs]
    evaluated = [known[question_key(one.question)] for one in pairs]
    is_told = len({*trainers, *evaluated}) > 1
    return SharedQuestions(
        Share(sum(a == b for a, b in zip(trainers, evaluated, strict=True)), len(pairs)),
        sum(report is not None and one.version == report.version for one in pairs),
        float(cohen_kappa_score(trainers, evaluated)) if is_told else None,
    )
