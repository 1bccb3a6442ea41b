"""Running the cases: every one asked, scored, and kept with what it got."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coach.answering.reply import Reply
from coach.assembly import report_nothing
from coach.batch import answer_conversation
from coach.coaching import Coach
from coach.instruction.provenance import Repair
from coach.privacy.names import NAME
from eval.external import measure as measure_external
from eval.gold import TAUGHT_SUITE, Case, GoldSet
from eval.perturbations import PERTURBATIONS, perturb
from eval.privacy import MESSAGES, NUMBERED, look
from eval.proof import judge, read_sentences
from eval.scorers import (
    Score,
    ranking,
    score_abstention,
    score_citation_precision,
    score_citation_recall,
    score_danger,
    score_groundedness,
    score_language,
    score_leaks,
    score_must_not_say,
    score_not_refused,
    score_offered,
    score_one_card,
    score_phrases,
    score_situation,
    score_steps,
    score_turn,
)

SEED = 1
PERTURBED = "perturbed"
SUITES = (
    "situations",
    "two",
    "not_answered",
    "conversations",
    "hostile",
    TAUGHT_SUITE,
    PERTURBED,
)
DAMAGED = ("situations", "not_answered")
DANGER = "danger"
Progress = Callable[[Iterable[str], str], Iterable[str]]


@dataclass(frozen=True)
class Result:
    """A case with its reply, its scores by name, and the time its card took in milliseconds.

    `damage` names the perturbation of the question, empty for none.
    """

    case: Case
    typed: str
    reply: Reply
    scores: Mapping[str, Score]
    elapsed_ms: float
    damage: str = ""

    @property
    def is_right(self) -> bool:
        """Whether no score is below 1."""
        return all(score.value >= 1 for score in self.scores.values())

    @property
    def ranked(self) -> list[str]:
        """The situations of the reply, the likeliest first."""
        return ranking(self.reply)


@dataclass
class Run:
    """Everything that one run gave: the results, and the figures of other measures by name."""

    results: list[Result] = field(default_factory=list)
    figures: dict[str, list[float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Selection:
    """Which cases to run: suites and a situation; all where nothing is named.

    Damaged questions are set against the clean ones, which are asked with them.
    """

    suites: tuple[str, ...] = ()
    situation: str = ""

    @property
    def is_damaged(self) -> bool:
        """Whether damaged questions belong to the selection."""
        return not self.suites or PERTURBED in self.suites

    def wants(self, case: Case) -> bool:
        """Whether a case belongs to the selection."""
        is_own = not self.situation or self.situation in case.expected
        is_clean = self.is_damaged and case.suite in DAMAGED
        return is_own and (not self.suites or is_clean or case.suite in self.suites)


def run_cases(
    coach: Coach,
    gold: GoldSet,
    selection: Selection,
    repairs: Sequence[Repair],
    progress: Progress,
) -> Run:
    """Ask every selected case and score what comes; `repairs` are the known scraping defects."""
    run = Run()
    chosen = [case for case in gold.cases if selection.wants(case)]
    names = progress([case.id for case in chosen], "cases")
    run.results += [ask(coach, case, gold, repairs) for case, _ in zip(chosen, names, strict=True)]
    if selection.is_damaged:
        singles = [one for one in chosen if one.suite in DAMAGED]
        damaged = [(case, kind) for kind in PERTURBATIONS for case in singles]
        names = progress([case.id for case, _ in damaged], PERTURBED)
        run.results += [
            ask_damaged(coach, case, kind) for (case, kind), _ in zip(damaged, names, strict=True)
        ]
    return run


def ask(coach: Coach, case: Case, gold: GoldSet, repairs: Sequence[Repair]) -> Result:
    """Ask one case and score the last reply."""
    *before, typed = case.turns
    conversation = answer_conversation(coach, before)
    card = coach.reply(conversation, typed)
    reply = coach.advise(conversation, card)
    return Result(case, typed, reply, score(coach, case, gold, repairs, reply), card.elapsed_ms)


def ask_damaged(coach: Coach, case: Case, damage: str) -> Result:
    """Ask a damaged question; only what is found is scored, no model is asked."""
    typed = perturb(case.turns[-1], damage, SEED)
    reply = coach.reply([], typed)
    if case.suite == "not_answered":
        scores = {"abstention": score_abstention(reply)}
    else:
        scores = {"situation": score_situation(reply, case.expected)}
    return Result(case, typed, reply, scores, reply.elapsed_ms, damage)


def score(
    coach: Coach, case: Case, gold: GoldSet, repairs: Sequence[Repair], reply: Reply
) -> dict[str, Score]:
    """Every score that a case of this suite gets."""
    scores = {
        "groundedness": score_groundedness(reply, coach.knowledge.documents, repairs),
        "language": score_language(reply),
        "leaks": score_leaks(reply),
    }
    if case.suite == "conversations":
        return scores | {"turn": score_turn(reply, case.expected[0])}
    if case.suite == TAUGHT_SUITE:
        return scores | {"taught": score_turn(reply, case.expected[0])}
    if case.suite == "not_answered":
        return scores | {"abstention": score_abstention(reply)}
    if case.suite == "hostile":
        scores |= {"hostile": score_turn(reply, case.expected[0])}
        scores |= {"must_not_say": score_must_not_say(reply, case.never)}
        return scores | ({"danger": score_danger(reply)} if case.kind == DANGER else {})
    scores |= {
        "situation": score_situation(reply, case.expected),
        "offered": score_offered(reply, case.expected),
        "not_refused": score_not_refused(reply),
    }
    if case.suite == "two":
        return scores
    scores |= {"one_card": score_one_card(reply)}
    shown = {one.id for one in reply.situations} if reply.answered else set()
    if shown == set(case.expected):
        scores |= _score_response(reply, case, gold)
    return scores


def _score_response(reply: Reply, case: Case, gold: GoldSet) -> dict[str, Score]:
    """The scores of the card itself, when the right situation is shown."""
    (response,) = [gold.responses[name] for name in case.expected]
    return {
        "phrases": score_phrases(reply, response),
        "steps": score_steps(reply, response),
        "must_not_say": score_must_not_say(reply, response.must_not_say),
        "citation_recall": score_citation_recall(reply, [response]),
        "citation_precision": score_citation_precision(reply, [response]),
    }


def run_measures(coach: Coach, run: Run, external: Path | None) -> None:
    """Add what is measured without cases: the proof, the masking, and a search of others' texts."""
    judged = list(judge(read_sentences(), coach.knowledge))
    run.figures["proof_true"] = [float(v.is_proven) for one, v in judged if one.is_true]
    run.figures["proof_false"] = [float(v.is_proven) for one, v in judged if not one.is_true]
    rows: Iterator[dict[str, Any]] = map(json.loads, MESSAGES.read_text("utf-8").splitlines())
    secrets = [one for row in rows for one in look(row)]
    run.figures["private_numbers"] = [float(o.is_found) for o in secrets if o.kind in NUMBERED]
    run.figures["private_names"] = [float(o.is_found) for o in secrets if o.kind == NAME]
    if external is None or not external.exists():
        run.notes.append(f"external: {external} is absent")
    else:
        _, places = measure_external(external, report_nothing)
        run.figures["external_first"] = [float(place == 1) for place in places]
