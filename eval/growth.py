"""How cost grows: training, indexing and answering at 1k, 10k and 100k questions and passages.

python -m eval.growth [--sizes 1000 10000 100000]

Questions beyond the bank, and all passages, are made of the bank's own words: they measure cost,
not quality.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from coach import build_coach, build_index, load_settings
from coach.assembly import build_search, report_nothing
from coach.instruction.knowledge import load_knowledge
from coach.instruction.questions import NOT_ANSWERED, BankQuestion, group_line
from coach.settings import Settings
from eval.timing import Timing, summarise, time_calls

SEED = 11
SIZES = (1_000, 10_000, 100_000)
ASKED = 100
PASSAGE_WORDS = 60


def main() -> int:
    """Print a line for every size, of the bank and of the documents."""
    parser = argparse.ArgumentParser(prog="python -m eval.growth", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    sizes = parser.parse_args().sizes
    settings = load_settings()
    build_index(settings)
    bank = load_knowledge(settings.knowledge).questions
    chance = random.Random(SEED)
    asked = [one.text for one in chance.sample(bank, ASKED)]
    for size in sizes:
        seconds, renewed, timing = grow_bank(bank, size, asked, settings)
        line = f"{size:>7} bank questions: built in {seconds:.1f} s, one more in {renewed:.1f} s"
        print(f"{line}, card {timing}", flush=True)
    for size in sizes:
        seconds, timing = grow_passages(bank, size, asked, settings)
        print(f"{size:>7} passages: indexed in {seconds:.1f} s, search {timing}", flush=True)
    return 0


def grow_bank(
    bank: Sequence[BankQuestion], size: int, asked: Sequence[str], settings: Settings
) -> tuple[float, float, Timing]:
    """Build an index of so many questions, then add one more.

    Return the seconds that each took, and the time of a card.
    """
    with tempfile.TemporaryDirectory() as folder:
        knowledge, index = Path(folder) / "knowledge", Path(folder) / "index"
        shutil.copytree(settings.knowledge, knowledge)
        _write_bank(make_bank(bank, size), knowledge / "questions")
        index.mkdir()
        (index / "embedders").symlink_to(settings.index / "embedders")
        grown = settings.model_copy(update={"knowledge": knowledge, "index": index, "llm": ""})
        seconds = _time_build(grown)
        with (knowledge / "questions" / f"{NOT_ANSWERED}.txt").open("a", encoding="utf-8") as file:
            file.write(f"{asked[0]} {asked[1]}\n")
        renewed = _time_build(grown)
        coach = build_coach(grown, report=report_nothing)
        time_calls(lambda q: coach.reply([], q), asked)
        return seconds, renewed, summarise(time_calls(lambda q: coach.reply([], q), asked))


def _time_build(settings: Settings) -> float:
    started = time.perf_counter()
    build_index(settings, report=report_nothing)
    return time.perf_counter() - started


def make_bank(bank: Sequence[BankQuestion], size: int) -> list[BankQuestion]:
    """Take a sample of the bank, or the whole of it and mixtures of two questions' words."""
    chance = random.Random(SEED)
    if size <= len(bank):
        return chance.sample(bank, size)
    made = list(bank)
    while len(made) < size:
        one, other = chance.choice(bank), chance.choice(bank)
        words = [*one.text.split(), *chance.sample(other.text.split(), 1)]
        chance.shuffle(words)
        made.append(BankQuestion(" ".join(words).lstrip("#"), one.situation_ids, one.author))
    return made


def _write_bank(questions: Sequence[BankQuestion], folder: Path) -> None:
    for path in folder.glob("*.txt"):
        own = [one for one in questions if one.situation_ids[0] == path.stem]
        lines: list[str] = []
        for one in own:
            lines += [group_line(author=one.author, also="".join(one.situation_ids[1:])), one.text]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def grow_passages(
    bank: Sequence[BankQuestion], size: int, asked: Sequence[str], settings: Settings
) -> tuple[float, Timing]:
    """Index so many passages; return the seconds it took and the time of a search."""
    chance = random.Random(SEED)
    words = [word for one in bank for word in one.text.split()]
    with tempfile.TemporaryDirectory() as folder:
        documents, index = Path(folder) / "documents", Path(folder) / "index"
        documents.mkdir()
        index.mkdir()
        (index / "embedders").symlink_to(settings.index / "embedders")
        paragraphs = (" ".join(chance.sample(words, PASSAGE_WORDS)) for _ in range(size))
        text = "\n\n".join(paragraphs)
        (documents / "grown.txt").write_text(text, encoding="utf-8")
        grown = settings.model_copy(update={"index": index})
        started = time.perf_counter()
        search = build_search(documents, grown, report=report_nothing)
        seconds = time.perf_counter() - started
        time_calls(lambda q: search.search(q, 5), asked)
        return seconds, summarise(time_calls(lambda q: search.search(q, 5), asked))


if __name__ == "__main__":
    sys.exit(main())
