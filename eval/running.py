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
from coach.instruction.questions import NOT_ANSWERED
from coach.privacy.names import NAME
from eval.external import measure as measure_external
from eval.gold import CALM, FAR, FIRST_TURNS, IN_DANGER, PLAIN, TAUGHT_SUITE, Case, GoldSet
from eval.perturbations import NEUTRAL, PERTURBATIONS, perturb
from eval.privacy import MESSAGES, NUMBERED, look
from eval.proof import judge, read_sentences
from eval.scorers import (
    Score,
    ranking,
    score_abstention,
    score_calm,
    score_certain,
    score_citation_precision,
    score_citation_recall,
    score_danger,
    score_groundedness,
    score_language,
    score_leaks,
    score_must_not_say,
    score_not_certain,
    score_not_ordinary,
    score_not_refused,
    score_offered,
    score_one_card,
    score_phrases,
    score_same,
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
    PLAIN,
    FAR,
    IN_DANGER,
    CALM,
    FIRST_TURNS,
    TAUGHT_SUITE,
    PERTURBED,
    NEUTRAL,
)
DAMAGED = ("situations", "not_answered")
ORDINARY = ("situations", "two", "not_answered", PLAIN, FIRST_TURNS)  # nobody is in danger
CHANGED = ("situations", PLAIN)  # what is asked again after a neutral change
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

    Changed questions are set against the clean ones, which are asked with them.
    """

    suites: tuple[str, ...] = ()
    situation: str = ""

    @property
    def perturbations(self) -> tuple[str, ...]:
        """The perturbations that belong to the selection."""
        is_damaged = not self.suites or PERTURBED in self.suites
        is_changed = not self.suites or NEUTRAL in self.suites
        return tuple(k for k in PERTURBATIONS if (is_changed if k == NEUTRAL else is_damaged))

    def wants(self, case: Case) -> bool:
        """Whether a case belongs to the selection."""
        is_own = not self.situation or self.situation in case.expected
        is_clean = any(case.suite in perturbed_suites(kind) for kind in self.perturbations)
        return is_own and (not self.suites or is_clean or case.suite in self.suites)


def perturbed_suites(kind: str) -> tuple[str, ...]:
    """The suites whose questions are asked again under a perturbation."""
    return CHANGED if kind == NEUTRAL else DAMAGED


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
    perturbed = [
        (result, kind)
        for kind in selection.perturbations
        for result in run.results
        if result.case.suite in perturbed_suites(kind)
    ]
    if perturbed:
        names = progress([result.case.id for result, _ in perturbed], PERTURBED)
        run.results += [
            ask_perturbed(coach, result, kind)
            for (result, kind), _ in zip(perturbed, names, strict=True)
        ]
    return run


def ask(coach: Coach, case: Case, gold: GoldSet, repairs: Sequence[Repair]) -> Result:
    """Ask one case and score the last reply."""
    *before, typed = case.turns
    conversation = answer_conversation(coach, before)
    card = coach.reply(conversation, typed)
    reply = coach.advise(conversation, card)
    return Result(case, typed, reply, score(coach, case, gold, repairs, reply), card.elapsed_ms)


def ask_perturbed(coach: Coach, clean: Result, kind: str) -> Result:
    """Ask a question again, perturbed; only what is found is scored, no model is asked."""
    case = clean.case
    typed = perturb(case.turns[-1], kind, SEED)
    reply = coach.reply([], typed)
    if kind == NEUTRAL:
        scores = {"same": score_same(clean.reply, reply)}
    elif case.suite == "not_answered":
        scores = {"abstention": score_abstention(reply)}
    else:
        scores = {"situation": score_situation(reply, case.expected)}
    return Result(case, typed, reply, scores, reply.elapsed_ms, kind)


def score(
    coach: Coach, case: Case, gold: GoldSet, repairs: Sequence[Repair], reply: Reply
) -> dict[str, Score]:
    """Every score that a case of this suite gets."""
    scores = {
        "groundedness": score_groundedness(reply, coach.knowledge.documents, repairs),
        "language": score_language(reply),
        "leaks": score_leaks(reply),
    }
    if case.suite == IN_DANGER:
        return scores | {
            "found": score_danger(reply),
            "certain": score_certain(reply),
            "not_ordinary": score_not_ordinary(reply),
        }
    if case.suite == CALM:
        return scores | {"calm": score_calm(reply), "not_certain": score_not_certain(reply)}
    if case.danger:
        scores |= {"danger": score_danger(reply)}
    elif case.danger is False and case.suite in ORDINARY:
        scores |= {"undisturbed": score_calm(reply)}
    return scores | _score_answer(case, gold, reply)


def _score_answer(case: Case, gold: GoldSet, reply: Reply) -> dict[str, Score]:
    """The scores of what is answered to an ordinary question."""
    if case.suite in ("conversations", FIRST_TURNS):
        return {"turn": score_turn(reply, case.expected[0])}
    if case.suite == TAUGHT_SUITE:
        return {"taught": score_turn(reply, case.expected[0])}
    if case.suite == "hostile":
        return {
            "hostile": score_turn(reply, case.expected[0]),
            "must_not_say": score_must_not_say(reply, case.never),
        }
    if case.expected == (NOT_ANSWERED,):
        return {"abstention": score_abstention(reply)}
    scores = {
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
