"""Danger to life: how much of it is found, and how often there is a false alarm.

python -m eval.danger FILE...               ask messages with their labels, print the shares
python -m eval.danger --fit ADAPTER --without A,B   fit the combination of the two classifiers

A file of messages holds a line each: {"question": …, "danger": true, "kind": …}. The combination is
fitted on authors that neither classifier has seen: ADAPTER was trained without them (`python -m
eval.danger_encoder --without A,B ADAPTER`), and the word classifier is trained without them here.
Thresholds are set where their look-alikes give CALM_CERTAIN and CALM_ANY false alarms.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from langchain_core.embeddings import Embeddings

from coach import build_coach, load_settings
from coach.answering.reply import Reply
from coach.assembly import prepare_libraries, show_progress
from coach.index.classifier import QuestionClassifier, train_classifier
from coach.index.embeddings import load_embeddings
from coach.instruction.danger import DANGER, danger_examples, is_calm, ordinary_questions
from coach.instruction.knowledge import load_knowledge
from coach.language.clauses import split_clauses
from coach.quality.evaluations import wilson_interval
from coach.safety.detector import CERTAIN, FEATURES, WEIGHTS, combine
from coach.safety.encoder import DangerEncoder, load_encoder

CALM_CERTAIN, CALM_ANY = 0.02, 0.105
BANK, JOINED, PLAIN = "alone", "joined", "ordinary"
ORDINARY, SEED = 3000, 7
DIGITS = 4
HEADING = "# Weights of the danger stage: python -m eval.danger --fit\n"


@dataclass(frozen=True)
class Labelled:
    """A message with its label and what it got."""

    is_danger: bool
    kind: str
    reply: Reply


def main() -> int:
    """Fit the combination, or print the shares of files of messages."""
    parser = argparse.ArgumentParser(prog="python -m eval.danger", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--fit", type=Path, metavar="ADAPTER")
    parser.add_argument("--without", default="", metavar="AUTHORS", help="authors left out")
    parser.add_argument("--show", action="store_true", help="print the messages that went wrong")
    options = parser.parse_args()
    settings = load_settings()
    prepare_libraries(settings)
    if options.fit:
        fit(options.fit, options.without.split(","))
        return 0
    coach = build_coach(settings)
    asked = []
    for path in options.files:
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            reply = coach.reply([], row["question"])
            asked.append(Labelled(bool(row["danger"]), str(row.get("kind", "")), reply))
    print_shares(asked, show=options.show)
    return 0


def print_shares(asked: Sequence[Labelled], *, show: bool) -> None:
    """Print each share with its Wilson interval, and the recall of each kind."""
    danger = [message for message in asked if message.is_danger]
    calm = [message for message in asked if not message.is_danger]
    found = [message.reply.danger is not None for message in danger]
    print_share("danger: certain or possible", found)
    print_share("danger: certain", [m.reply.danger == CERTAIN for m in danger])
    ordinary = [m.reply.answered and m.reply.danger is None for m in danger]
    print_share("danger: ordinary card, no word of 112", ordinary)
    print_share("calm: certain", [m.reply.danger == CERTAIN for m in calm])
    print_share("calm: any", [m.reply.danger is not None for m in calm])
    kinds = defaultdict(list)
    for message in danger:
        kinds[message.kind].append(message.reply.danger is not None)
    for kind, values in sorted(kinds.items()):
        print_share(f"  {kind}", values)
    if show:
        for message in asked:
            if message.is_danger != (message.reply.danger is not None):
                print(f"{message.is_danger!s:<6}{message.kind:<16}{message.reply.question}")


def print_share(name: str, values: Sequence[bool]) -> None:
    """Print a share with its 95% Wilson interval."""
    if values:
        share = sum(values) / len(values)
        low, high = wilson_interval(share, len(values))
        print(f"{name:<40}{share:.3f}  {low:.3f}–{high:.3f}  of {len(values)}")


def fit(adapter: Path, left_out: Sequence[str]) -> None:
    """Fit the combination on messages of authors that no classifier has seen; write it."""
    from sklearn.linear_model import LogisticRegression

    from eval.danger_encoder import join

    settings = load_settings()
    knowledge = load_knowledge(settings.knowledge)
    cache = settings.index / "embedders"
    embeddings = load_embeddings(settings.embedder, cache, show_progress)
    encoder = load_encoder(cache, adapter)
    ordinary = ordinary_questions(knowledge.questions, knowledge.danger)
    unseen = random.Random(SEED).sample(ordinary, ORDINARY)
    fresh = {question.text for question in unseen}
    bank = danger_examples(knowledge.danger, (q for q in ordinary if q.text not in fresh))
    learned = [example for example in bank if example.author not in left_out]
    classifier = train_classifier(learned, embeddings, show_progress)
    messages = [one for one in knowledge.danger.messages if one.author in left_out]
    chance = random.Random(SEED)
    rows = [(message.text, not is_calm(message), BANK) for message in messages]
    rows += [
        (join(message.text, chance.choice(unseen).text, chance), not is_calm(message), JOINED)
        for message in messages
    ]
    rows += [(question.text, False, PLAIN) for question in unseen]
    features = np.array([features_of(row[0], classifier, encoder, embeddings) for row in rows])
    truth, source = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    model = LogisticRegression(C=1.0, max_iter=1000).fit(features, truth)
    chances = model.predict_proba(features)[:, 1]
    calm = chances[~truth & (source == BANK)]
    certain = float(np.quantile(calm, 1 - CALM_CERTAIN))
    possible = float(np.quantile(calm, 1 - CALM_ANY))
    for name, threshold in (("certain", certain), ("possible", possible)):
        for kind in (BANK, JOINED, PLAIN):
            of_kind = (chances >= threshold)[source == kind]
            in_danger = truth[source == kind]
            print_share(f"{kind}: danger at least {name}", of_kind[in_danger].tolist())
            print_share(f"{kind}: calm at least {name}", of_kind[~in_danger].tolist())
    described = {
        "intercept": round(float(model.intercept_[0]), DIGITS),
        "weights": {
            name: round(float(weight), DIGITS)
            for name, weight in zip(FEATURES, model.coef_[0], strict=True)
        },
        "possible": round(possible, DIGITS),
        "certain": round(certain, DIGITS),
    }
    WEIGHTS.write_text(HEADING + yaml.safe_dump(described, sort_keys=False), encoding="utf-8")


def features_of(
    message: str,
    classifier: QuestionClassifier,
    encoder: DangerEncoder,
    embeddings: Embeddings,
) -> np.ndarray:
    """Return FEATURES of a message."""
    words, *clauses = (
        classifier.logits(text, embeddings.embed_query(text))[DANGER]
        for text in (message, *split_clauses(message))
    )
    return combine([words], encoder.logits([message]), clauses)


if __name__ == "__main__":
    sys.exit(main())
