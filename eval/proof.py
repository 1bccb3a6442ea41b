"""How well the proof tells true sentences of a model from false ones.

python -m eval.proof                the labelled sentences of eval/data
python -m eval.proof FILE --wrong   another file, and every sentence that was judged wrongly
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from coach.answering.card import build_reply
from coach.answering.given import given_sources
from coach.instruction.knowledge import Knowledge, load_knowledge
from coach.proving.proof import Proof
from coach.proving.thesaurus import Thesaurus
from coach.proving.verdict import Verdict
from coach.settings import load_settings
from coach.understanding.decision import Decision
from eval.cases import DATA
from eval.metrics import share

SENTENCES = DATA / "proof.jsonl"


@dataclass(frozen=True)
class Labelled:
    """A sentence that a model might write to a message, whether it is true, and of what kind."""

    id: str
    situation_ids: tuple[str, ...]
    message: str
    sentence: str
    is_true: bool
    kind: str

    @property
    def author(self) -> str:
        """Who wrote it."""
        return self.id.split("-")[0]


def main() -> int:
    """Print precision and recall of the proof, by author and by kind."""
    parser = argparse.ArgumentParser(prog="python -m eval.proof", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=SENTENCES)
    parser.add_argument("--wrong", action="store_true", help="print what was judged wrongly")
    options = parser.parse_args()
    knowledge = load_knowledge(load_settings().knowledge)
    judged = list(judge(read_sentences(options.file), knowledge))
    for author in sorted({one.author for one, _ in judged}):
        print_shares(author, [pair for pair in judged if pair[0].author == author])
    print_shares("all", judged)
    for kind in sorted({(not one.is_true, one.kind) for one, _ in judged}):
        own = [v for one, v in judged if (not one.is_true, one.kind) == kind]
        label = "false" if kind[0] else "true"
        passed = sum(verdict.is_proven for verdict in own)
        print(f"{label:<6}{kind[1]:<22}{len(own):>5} passed {passed:>4}")
    if options.wrong:
        for one, verdict in judged:
            if verdict.is_proven != one.is_true:
                names = ",".join(one.situation_ids)
                print(f"{one.id} {one.kind} {names}: {one.sentence} | {verdict}")
    return 0


def print_shares(name: str, judged: Sequence[tuple[Labelled, Verdict]]) -> None:
    """Print one line: which part of the true passes, which of the false, and the precision."""
    true = [verdict.is_proven for one, verdict in judged if one.is_true]
    false = [verdict.is_proven for one, verdict in judged if not one.is_true]
    passed = sum(true) + sum(false)
    print(
        f"{name:<6} true {len(true):>4} passed {share(true):.3f}   false {len(false):>4} "
        f"passed {share(false):.4f}   precision {sum(true) / passed if passed else 0:.4f}"
    )


def judge(
    sentences: Sequence[Labelled], knowledge: Knowledge
) -> Iterator[tuple[Labelled, Verdict]]:
    """Prove every sentence against the card of its situations."""
    thesaurus = Thesaurus(knowledge.synonyms)
    for one in sentences:
        shown = tuple((name, 1.0) for name in one.situation_ids)
        reply = build_reply(one.message, None, Decision(True, shown, (), None), knowledge)
        proof = Proof(given_sources(reply, knowledge), one.message, thesaurus)
        yield one, proof.prove(one.sentence)


def read_sentences(path: Path = SENTENCES) -> list[Labelled]:
    """Read labelled sentences."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [
        Labelled(
            row["id"],
            tuple(row["situations"]),
            row["question"],
            row["sentence"],
            row["label"],
            row["kind"],
        )
        for row in rows
    ]


if __name__ == "__main__":
    sys.exit(main())
