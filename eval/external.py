"""Retrieval over any documents, checked on questions that others wrote.

python -m eval.external FILE      a SQuAD-shaped JSON file, its paragraphs as documents
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from coach.assembly import build_search, report_nothing
from coach.settings import load_settings
from eval.timing import summarise, time_calls

CONSIDERED = 3


def main() -> int:
    """Print the share of questions whose paragraph comes first, and among the first three."""
    parser = argparse.ArgumentParser(prog="python -m eval.external", description=__doc__)
    parser.add_argument("file", type=Path)
    questions, hits = measure(parser.parse_args().file)
    first = sum(place == 1 for place in hits) / len(hits)
    near = sum(place is not None for place in hits) / len(hits)
    print(f"questions {len(questions)}, first {first:.3f}, in first {CONSIDERED} {near:.3f}")
    return 0


def measure(
    path: Path, report: Callable[[str], None] = print
) -> tuple[list[str], list[int | None]]:
    """Return the questions and the place (1 is best) of each one's own paragraph, or None."""
    paragraphs = read_paragraphs(path)
    with tempfile.TemporaryDirectory() as folder:
        for number, paragraph in enumerate(paragraphs):
            (Path(folder) / f"{number}.txt").write_text(paragraph["context"], encoding="utf-8")
        search = build_search(Path(folder), load_settings(), report=report_nothing)
        pairs = [
            (row["question"], f"{number}.txt")
            for number, paragraph in enumerate(paragraphs)
            for row in paragraph["qas"]
        ]
        places = []
        for question, wanted in pairs:
            found = [one.passage.document for one in search.search(question, CONSIDERED)]
            places.append(found.index(wanted) + 1 if wanted in found else None)
        questions = [question for question, _ in pairs]
        timing = summarise(time_calls(lambda q: search.search(q, CONSIDERED), questions[:200]))
        report(f"search {timing}")
    return questions, places


def read_paragraphs(path: Path) -> list[dict[str, Any]]:
    """Read the paragraphs of a SQuAD-shaped file."""
    articles = json.loads(path.read_text(encoding="utf-8"))["data"]
    return [paragraph for article in articles for paragraph in article["paragraphs"]]


if __name__ == "__main__":
    sys.exit(main())
