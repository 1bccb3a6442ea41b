"""Speed and memory, against the plain chain in the same run: `make bench`.

    python -m eval.bench [--questions 200]

Timing is noisy on a shared machine: compare the ratio, not the milliseconds.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from coach import build_coach, build_index, load_settings
from coach.assembly import report_nothing
from coach.coaching import Coach
from coach.errors import CoachError
from eval.plain_chain import build_plain_chain
from eval.timing import summarise, time_calls

SEED = 7
COLD_RUNS = 5
WARM_UP = 10


def main() -> int:
    """Print the figures; return 1 when there is no index to measure."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench", description=__doc__)
    parser.add_argument("--questions", type=int, default=200)
    count = parser.parse_args().questions
    settings = load_settings()
    try:
        build_index(settings)
        started = time.perf_counter()
        coach = build_coach(settings, report=report_nothing)
    except CoachError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"open the index            {time.perf_counter() - started:.2f} s")
    questions = choose_questions(coach, count)
    first = time_calls(lambda q: coach.reply([], q), questions[:1])[0]
    second = time_calls(lambda q: coach.reply([], q), questions[1:2])[0]
    time_calls(lambda q: coach.reply([], q), questions[:WARM_UP])
    card = summarise(time_calls(lambda q: coach.reply([], q), questions))
    print(f"resident without a model  {resident_mebibytes():.0f} MiB at most")
    print(f"first question            {first:.1f} ms (warms the process up)")
    print(
        f"second question           {second:.1f} ms, {second - card.median_ms:+.1f} to the median"
    )
    print(f"card                      {card}")
    document = next(iter(coach.knowledge.documents.values()))
    with tempfile.TemporaryDirectory() as folder:
        plain_chain = build_plain_chain(document, Path(folder))
        time_calls(plain_chain, questions[:WARM_UP])
        plain = summarise(time_calls(plain_chain, questions))
    print(f"plain chain               {plain}")
    print(
        f"card / plain chain        median {card.median_ms / plain.median_ms:.2f}, "
        f"p95 {card.p95_ms / plain.p95_ms:.2f}"
    )
    cold = summarise(time_calls(ask_cold, questions[:COLD_RUNS]))
    print(f"coach ask, cold           {cold}")
    return 0


def choose_questions(coach: Coach, count: int) -> list[str]:
    """Take a seeded sample of the bank, answered and not answered alike."""
    asked = [question.text for question in coach.knowledge.questions]
    return random.Random(SEED).sample(asked, min(count, len(asked)))


def resident_mebibytes() -> float:
    """The largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ask_cold(question: str) -> None:
    """Ask in a new process, from command to answer."""
    command = [sys.executable, "-m", "coach.cli", "ask", "--json", "--", question]
    subprocess.run(command, check=True, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
