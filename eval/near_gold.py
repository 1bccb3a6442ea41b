"""Bank lines that nearly repeat a question of the gold set: `python -m eval.near_gold`.

--remove takes them out of the bank; the gold set stays as it is. Only places are printed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence, Set
from pathlib import Path

from coach import load_settings
from coach.index.near_gold import BankLine, NearGold, find_near_gold, gold_files, read_bank_lines
from eval.cases import CONVERSATIONS_SEEN

GROUP = "##"


def main() -> int:
    """Print each line's place and the gold file it nearly repeats; 1 when any is left."""
    parser = argparse.ArgumentParser(prog="python -m eval.near_gold", description=__doc__)
    parser.add_argument("--remove", action="store_true", help="take the lines out of the bank")
    options = parser.parse_args()
    settings = load_settings()
    found = find_in_bank(settings.knowledge, settings.gold)
    for near in found:
        print(f"{near.line.place} {near.file.name}")
    if options.remove:
        remove_lines([near.line for near in found])
    return int(bool(found) and not options.remove)


def find_in_bank(knowledge: Path, gold: Path) -> list[NearGold]:
    """The bank lines that nearly repeat what is measured: the gold set, and what was looked at."""
    return find_near_gold(read_bank_lines(knowledge), [*gold_files(gold), CONVERSATIONS_SEEN])


def remove_lines(lines: Sequence[BankLine]) -> None:
    """Take lines out of their files; a group that loses its last line goes with it."""
    for path in {line.path for line in lines}:
        gone = {line.number for line in lines if line.path == path}
        groups: list[list[tuple[int, str]]] = [[]]
        for row in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if row[1].startswith(GROUP):
                groups.append([])
            groups[-1].append(row)
        left = [row for group in groups for row in _left_of(group, gone)]
        path.write_text("".join(f"{row}\n" for row in left), encoding="utf-8")


def _left_of(group: Sequence[tuple[int, str]], gone: Set[int]) -> list[str]:
    left = [row for number, row in group if number not in gone]
    is_emptied = len(left) < len(group) and all(row.startswith("#") or not row for row in left)
    return [] if is_emptied else left


if __name__ == "__main__":
    sys.exit(main())
