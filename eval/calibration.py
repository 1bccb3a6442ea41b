"""Fit the combination of evidence on authors that the classifier never saw.

python -m eval.calibration            leave authors out in turn, fit, print what it gives
python -m eval.calibration --write    and write the weights that the coach reads
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import yaml

from coach import load_settings
from coach.assembly import prepare_libraries, show_progress
from coach.index.build import card_questions, neutral_question
from coach.index.classifier import train_classifier
from coach.index.embeddings import load_embeddings
from coach.instruction.knowledge import Situation, load_knowledge
from coach.instruction.questions import FOLLOW_UP, NOT_ANSWERED, BankQuestion
from coach.language.neutral import neutral_form
from coach.understanding.conversation import TOPIC_FEATURES, Topic, card_stems, topic_features
from coach.understanding.evidence import COMBINATION, FEATURES, Combination, Evidence, Weights
from coach.understanding.recognition import NEIGHBOURS, gather_evidence, weigh_evidence
from eval.cases import FollowUp, read_follow_ups
from eval.metrics import expected_calibration_error, share

PROCESSES = 2
FOLDS = 4
SEED = 3
STRANGERS = 1500
DIGITS = 4
HEADING = "# Weights of the evidence: python -m eval.calibration --write\n"
KEPT = (0.88, 0.9, 0.92)
SPROUTS = (0.02, 0.03, 0.05)


@dataclass(frozen=True)
class Seen:
    """One question of an author who was left out, and the evidence that it gave."""

    question: BankQuestion
    evidence: Evidence


@dataclass(frozen=True)
class SeenFollowUp:
    """A message after a card of `topic`, the evidence of the message alone, and what it meant."""

    message: FollowUp
    evidence: Evidence


@dataclass(frozen=True)
class Task:
    """One of the regressions: rows of features, what was true, and whose question it was."""

    features: np.ndarray
    truth: np.ndarray
    authors: np.ndarray


def main() -> int:
    """Collect the evidence, fit, print; write when asked to."""
    parser = argparse.ArgumentParser(prog="python -m eval.calibration", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the weights")
    options = parser.parse_args()
    settings = load_settings()
    prepare_libraries(settings)
    load_embeddings(settings.embedder, settings.index / "embedders", show_progress)
    authors = sorted({one.author for one in load_knowledge(settings.knowledge).questions})
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        folds = [authors[start::FOLDS] for start in range(FOLDS)]
        collected = list(pool.imap(collect, folds, chunksize=1))
    seen = [one for questions, _ in collected for one in questions]
    follow_ups = [one for _, messages in collected for one in messages]
    tasks = {
        "holds": _task(seen, _is_first_right),
        "second": _task([one for one in seen if _is_answerable(one)], _are_both_right),
        "not_answered": _task(seen, lambda one: not _is_answerable(one)),
    }
    _print_cross_validated(seen, tasks)
    fitted = {name: _fit(task) for name, task in tasks.items()}
    combination = {name: Weights(*one) for name, one in fitted.items()}
    situations = load_knowledge(settings.knowledge).situations
    topic = _topic_task(seen, follow_ups, combination, situations)
    right = (_predict(topic) > 0.5) == topic.truth
    print(f"follow-up or not, right {right.mean():.3f} of {len(right)}")
    if options.write:
        described = {name: _describe(one, FEATURES) for name, one in fitted.items()}
        described["topic"] = _describe(_fit(topic), TOPIC_FEATURES)
        body = yaml.safe_dump(described, sort_keys=False)
        COMBINATION.write_text(HEADING + body, encoding="utf-8")
    return 0


def collect(authors: Sequence[str]) -> tuple[list[Seen], list[SeenFollowUp]]:
    """Train on every other author and look at these ones' questions and follow-ups."""
    settings = load_settings()
    embeddings = load_embeddings(settings.embedder, settings.index / "embedders", show_progress)
    knowledge = load_knowledge(settings.knowledge)
    cards = card_questions(knowledge.situations.values())
    bank = list(knowledge.questions)
    learned = [neutral_question(one) for one in (*bank, *cards) if one.author not in authors]
    classifier = train_classifier(learned, embeddings, lambda steps, label: steps, workers=1)
    vectors = np.array(embeddings.embed_documents([one.text for one in learned]))

    def look(message: str) -> Evidence:
        message = neutral_form(message)
        vector = embeddings.embed_query(message)
        similarities = vectors @ np.array(vector)
        nearest = np.argsort(-similarities)[:NEIGHBOURS]
        votes = [(learned[n].situation_ids, similarities[n]) for n in nearest]
        return gather_evidence(classifier, embeddings, message, vector, votes)

    own = [one for one in bank if one.author in authors and FOLLOW_UP not in one.situation_ids]
    messages = [one for one in read_follow_ups() if one.author in authors]
    return (
        [Seen(question, look(question.text)) for question in own],
        [SeenFollowUp(message, look(message.text)) for message in messages],
    )


def _topic_task(
    seen: Sequence[Seen],
    follow_ups: Sequence[SeenFollowUp],
    combination: Combination,
    situations: Mapping[str, Situation],
) -> Task:
    """Follow-ups after their topic, and bank questions after a topic that they do not hold."""
    chance = random.Random(SEED)
    names = sorted(situations)
    cards = {name: card_stems(situation) for name, situation in situations.items()}
    rows = []
    for one in follow_ups:
        topic = one.message.topic or chance.choice(names)
        truth = one.message.expected in (topic, FOLLOW_UP)
        rows.append((one.message.text, one.evidence, topic, truth, one.message.author))
    for other in chance.sample(list(seen), min(STRANGERS, len(seen))):
        held = other.question.situation_ids
        topic = chance.choice([name for name in names if name not in held])
        rows.append((other.question.text, other.evidence, topic, False, other.question.author))
    features = [
        topic_features(
            weigh_evidence(text, evidence, combination=combination),
            Topic((topic,), (), cards),
        )
        for text, evidence, topic, _, _ in rows
    ]
    return Task(
        np.array(features), np.array([row[3] for row in rows]), np.array([row[4] for row in rows])
    )


def _is_answerable(one: Seen) -> bool:
    return NOT_ANSWERED not in one.question.situation_ids


def _task(seen: Sequence[Seen], target: Callable[[Seen], bool]) -> Task:
    """The features of each question's likeliest situation, and what is to be foretold of it."""
    return Task(
        np.array([one.evidence.features(one.evidence.ranked[0]) for one in seen]),
        np.array([target(one) for one in seen]),
        np.array([one.question.author for one in seen]),
    )


def _is_first_right(one: Seen) -> bool:
    return one.evidence.ranked[0] in one.question.situation_ids


def _are_both_right(one: Seen) -> bool:
    return set(one.evidence.ranked[:2]) == set(one.question.situation_ids)


def _fit(task: Task, left_out: str | None = None) -> tuple[float, np.ndarray]:
    from sklearn.linear_model import LogisticRegression

    rows = task.authors != left_out
    model = LogisticRegression(max_iter=5000).fit(task.features[rows], task.truth[rows])
    return float(model.intercept_[0]), model.coef_[0]


def _predict(task: Task) -> np.ndarray:
    """Probabilities of every row by a fit that never saw the row's author."""
    chances = np.zeros(len(task.truth))
    for author in np.unique(task.authors):
        intercept, weights = _fit(task, left_out=author)
        rows = task.authors == author
        chances[rows] = 1 / (1 + np.exp(-(intercept + task.features[rows] @ weights)))
    return chances


def _describe(fitted: tuple[float, np.ndarray], names: Sequence[str]) -> dict[str, object]:
    weights = {
        name: round(float(value), DIGITS) for name, value in zip(names, fitted[1], strict=True)
    }
    return {"intercept": round(fitted[0], DIGITS), "weights": weights}


def _print_cross_validated(seen: Sequence[Seen], tasks: dict[str, Task]) -> None:
    best, right = _predict(tasks["holds"]), tasks["holds"].truth
    none = np.array([not _is_answerable(one) for one in seen])
    two = np.array([len(one.question.situation_ids) == 2 for one in seen])
    one_only = ~none & ~two
    print(f"first right {share(right[one_only].tolist()):.3f}")
    print(f"expected calibration error {expected_calibration_error(best, right):.3f}")
    refused = _predict(tasks["not_answered"])
    for kept in KEPT:
        threshold = float(np.quantile(best[none], kept))
        answered = best > threshold
        line = f"not answered kept {kept:.2f}: answer_threshold {threshold:.2f}"
        line += f", shown right {np.mean((answered & right)[one_only]):.3f}"
        line += f", wrong {np.mean((answered & ~right)[one_only]):.3f}"
        for threshold in (0.5, 0.6, 0.7, 0.8):
            lost = np.mean((~answered & (refused > threshold))[one_only])
            line += f", refused at {threshold} {lost:.3f}"
        print(line)
    second = np.zeros(len(seen))
    second[~none] = _predict(tasks["second"])
    both = np.zeros(len(seen), dtype=bool)
    both[~none] = tasks["second"].truth
    for sprout in SPROUTS:
        threshold = float(np.quantile(second[one_only], 1 - sprout))
        shown = np.mean((both & (second > threshold))[two])
        print(
            f"second shown wrongly {sprout:.2f}: second_threshold {threshold:.2f}, both {shown:.3f}"
        )


if __name__ == "__main__":
    sys.exit(main())
