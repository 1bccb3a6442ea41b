"""The summary of a run: metrics with intervals, held against thresholds and an accepted baseline.

Intervals of shares are 95% Wilson score intervals; those of paired differences of the same cases
are 95% percentile bootstraps (scipy). A change is called worse only when that excludes zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from coach.quality.evaluations import wilson_interval
from eval.gold import CALM, FAR, IN_DANGER, PLAIN
from eval.metrics import expected_calibration_error
from eval.perturbations import NEUTRAL, PERTURBATIONS
from eval.running import Result, Run
from eval.texts import word

RESAMPLES, SEED = 1000, 5
HITS = {"hit_1": 1, "hit_3": 3}
FOUND = ("situation", "abstention")  # the scores that damage may cost
LATENCY_RATIO = "latency_ratio"
THRESHOLDS = Path(__file__).with_name("thresholds.yaml")
WHERE = {  # which results a score is averaged over, when that is not the score's own name
    "two_right": ("two", "situation"),
    "situation_right": ("situations", "situation"),
    "offered": ("situations", "offered"),
    "one_card": ("situations", "one_card"),
    "not_refused": ("situations", "not_refused"),
    "abstention": ("not_answered", "abstention"),
    "turns": ("conversations", "turn"),
    "taught": ("taught", "taught"),
    "hostile": ("hostile", "hostile"),
    "danger": ("", "danger"),
    "danger_found": (IN_DANGER, "found"),
    "danger_certain": (IN_DANGER, "certain"),
    "danger_ordinary": (IN_DANGER, "not_ordinary"),
    "calm_certain": (CALM, "not_certain"),
    "calm_any": (CALM, "calm"),
    "ordinary_danger": ("", "undisturbed"),
    "plain_right": (PLAIN, "situation"),
    "plain_refused": (PLAIN, "not_refused"),
    "plain_abstention": (PLAIN, "abstention"),
    "far_abstention": (FAR, "abstention"),
    "phrases": ("situations", "phrases"),
    "steps": ("situations", "steps"),
    "citation_recall": ("situations", "citation_recall"),
    "citation_precision": ("situations", "citation_precision"),
    "must_not_say": ("", "must_not_say"),
    "groundedness": ("", "groundedness"),
    "language": ("", "language"),
    "leaks": ("", "leaks"),
}
FAULTS = {  # shares of what went wrong: the less, the better
    "danger_ordinary",
    "calm_certain",
    "calm_any",
    "ordinary_danger",
    "plain_refused",
}


@dataclass(frozen=True)
class Metric:
    """A figure with its 95% interval and the number of cases behind it."""

    name: str
    value: float
    low: float
    high: float
    count: int

    @property
    def title(self) -> str:
        """What the figure is, in the trainer's words."""
        name, _, damage = self.name.partition(":")
        title = word(f"metrics.{name}")
        return title.format(damage=word(f"damage.{damage}")) if damage else title


@dataclass(frozen=True)
class Verdict:
    """What a threshold or the baseline says of one metric."""

    name: str
    is_fine: bool
    line: str


def summarise(run: Run, ratio: float | None = None) -> list[Metric]:
    """Return every metric of a run; `ratio` is the card's p95 to the plain chain's."""
    metrics = [share_of(name, values) for name, values in values_of(run).items() if values]
    sure = [one for one in _plain(run) if one.case.suite == "situations" and one.ranked]
    if sure:
        confidences = [max(s.confidence for s in one.reply.situations) for one in sure]
        right = [one.ranked[0] in one.case.expected for one in sure]
        error = expected_calibration_error(confidences, right)
        metrics.append(Metric("calibration_error", error, error, error, len(sure)))
    metrics += _rank_metrics(run)
    if ratio is not None:
        metrics.append(Metric(LATENCY_RATIO, ratio, ratio, ratio, len(run.results)))
    return metrics


def _plain(run: Run) -> list[Result]:
    return [one for one in run.results if not one.damage]


def values_of(run: Run) -> dict[str, list[float]]:
    """The single values behind each share, in the order of the cases."""
    values = {
        name: [1 - value if name in FAULTS else value for value in cases.values()]
        for name, cases in by_case(run).items()
    }
    values |= {f"robustness:{kind}": _unharmed(run, kind) for kind in PERTURBATIONS}
    values["neutral_same"] = [
        result.scores["same"].value for result in run.results if result.damage == NEUTRAL
    ]
    return values | run.figures


def by_case(run: Run) -> dict[str, dict[str, float]]:
    """The score of each case by metric, 1 being right: what two runs are compared by."""
    found: dict[str, dict[str, float]] = {}
    for name, (suite, score) in WHERE.items():
        found[name] = {
            one.case.id: one.scores[score].value
            for one in _plain(run)
            if score in one.scores and suite in ("", one.case.suite)
        }
    return found


def _unharmed(run: Run, kind: str) -> list[float]:
    """Of the clean questions that were right, which are right when damaged, too."""
    right = {
        result.case.id
        for result in _plain(run)
        if all(score.value >= 1 for name, score in result.scores.items() if name in FOUND)
    }
    return [
        score.value
        for result in run.results
        if result.damage == kind and result.case.id in right
        for name, score in result.scores.items()
        if name in FOUND
    ]


def share_of(name: str, values: Sequence[float]) -> Metric:
    """A metric of single values between 0 and 1, with its interval."""
    mean = float(np.mean(values))
    return Metric(name, mean, *wilson_interval(mean, len(values)), len(values))


def difference_interval(differences: Sequence[float]) -> tuple[float, float]:
    """The 95% bootstrap interval of a mean difference; the mean where all are the same."""
    from scipy.stats import bootstrap

    if len(set(differences)) < 2:
        return float(differences[0]), float(differences[0])
    found = bootstrap(
        (np.asarray(differences, dtype=float),),
        np.mean,
        n_resamples=RESAMPLES,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return float(found.low), float(found.high)


def _rank_metrics(run: Run) -> list[Metric]:
    """hit@1, hit@3 and mean reciprocal rank of one-situation questions, by scikit-learn."""
    from sklearn.metrics import label_ranking_average_precision_score, top_k_accuracy_score

    asked = [one for one in _plain(run) if one.case.suite == "situations"]
    names = sorted(
        {one.case.expected[0] for one in asked} | {n for one in asked for n in one.ranked}
    )
    if len(names) < 3:
        return []
    ranks = np.zeros((len(asked), len(names)))
    truth = np.zeros((len(asked), len(names)), dtype=int)
    for row, one in enumerate(asked):
        truth[row, names.index(one.case.expected[0])] = 1
        for place, name in enumerate(one.ranked):
            ranks[row, names.index(name)] = 1.0 / (1 + place)
    labels = truth.argmax(axis=1)
    found = {
        name: float(top_k_accuracy_score(labels, ranks, k=k, labels=range(len(names))))
        for name, k in HITS.items()
    }
    found["mrr"] = float(label_ranking_average_precision_score(truth, ranks))
    count = len(asked)
    return [Metric(n, mean, *wilson_interval(mean, count), count) for n, mean in found.items()]


def check_thresholds(
    metrics: Sequence[Metric], path: Path, *, is_whole: bool, skipped: Sequence[str] = ()
) -> list[Verdict]:
    """Hold the metrics against the file of thresholds.

    A metric without cases is a failure, unless it was skipped and that was said.
    """
    limits: dict[str, dict[str, float]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    known = {one.name: one for one in metrics}
    verdicts = []
    for name, limit in limits.items():
        metric = known.get(name)
        if metric is None:
            if is_whole and not limit.get("optional") and name not in skipped:
                verdicts.append(Verdict(name, False, word("verdicts.no_cases", name=name)))
            continue
        least, most = limit.get("at_least"), limit.get("at_most")
        fewest = int(limit.get("cases", 1)) if is_whole else 1
        is_fine = (least is None or metric.value >= least) and (
            most is None or metric.value <= most
        )
        line = word(
            "verdicts.threshold",
            title=metric.title,
            value=f"{metric.value:.3f}",
            low=f"{metric.low:.3f}",
            high=f"{metric.high:.3f}",
            limit=f"≥ {least}" if least is not None else f"≤ {most}",
        )
        verdicts.append(Verdict(name, is_fine, line))
        if metric.count < fewest:
            line = word("verdicts.few_cases", title=metric.title, count=metric.count, least=fewest)
            verdicts.append(Verdict(name, False, line))
    return verdicts


def compare(
    before: Mapping[str, Mapping[str, float]], after: Mapping[str, Mapping[str, float]]
) -> list[Verdict]:
    """Compare two runs case by case; worse is what is surely worse."""
    verdicts = []
    for name in sorted(set(before) & set(after)):
        shared = sorted(set(before[name]) & set(after[name]))
        if not shared:
            continue
        differences = [after[name][case] - before[name][case] for case in shared]
        low, high = difference_interval(differences)
        mean = float(np.mean(differences))
        if mean:
            key = "worse" if high < 0 else "better" if low > 0 else "same"
            if name in FAULTS:
                mean, low, high = -mean, -high, -low
            title = word(f"metrics.{name}")
            line = word(
                f"verdicts.{key}",
                title=title,
                mean=f"{mean:+.3f}",
                low=f"{low:+.3f}",
                high=f"{high:+.3f}",
            )
            verdicts.append(Verdict(name, key != "worse", line))
    return verdicts
