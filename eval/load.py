"""The served page under many operators at once: `make bench`.

    python -m eval.load [--sessions 50 --every 2 --seconds 60]

Every session is a websocket of its own, all in one process beside the server, and asks questions
of the gold set: the next one when its time has come and the page has done with the one before.
The time to the card runs from sending a question to its card's title. The client's own CPU is
printed as a share of one core: below a half, it waits for the server and not the other way round.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import psutil

from coach import build_index, load_settings
from coach.errors import CoachError
from eval.cases import read_questions
from eval.page_session import Answer, PageSession
from eval.served_page import run_page
from eval.timing import summarise

SEED = 13
LONGEST_QUESTION = 200
MEBIBYTE = 2**20


@dataclass(frozen=True)
class Load:
    """How many sessions ask, how often, and for how long."""

    sessions: int
    every: float
    seconds: float

    @property
    def questions(self) -> int:
        """How many questions one session asks when the page keeps up."""
        return max(1, round(self.seconds / self.every))


@dataclass
class Measured:
    """What came of a load: the answers; the server's and the client's CPU; the server's memory."""

    answers: list[Answer] = field(default_factory=list)
    seconds: float = 0.0
    server_cpu: float = 0.0
    client_cpu: float = 0.0
    mebibytes: tuple[float, float] = (0.0, 0.0)

    @property
    def faults(self) -> Counter[str]:
        """How often each fault was met."""
        return Counter(fault for one in self.answers for fault in one.faults)


def main() -> int:
    """Print the figures; return 1 when there was any error."""
    parser = argparse.ArgumentParser(
        prog="python -m eval.load",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--every", type=float, default=2, help="seconds between two questions")
    parser.add_argument("--seconds", type=float, default=60, help="how long the sessions ask")
    load = Load(**vars(parser.parse_args()))
    try:
        build_index(load_settings())
    except CoachError as error:
        print(error, file=sys.stderr)
        return 1
    with run_page() as page:
        measured = asyncio.run(put_load(page.address, load, psutil.Process(page.process.pid)))
    for line in describe(load, measured):
        print(line)
    return 1 if measured.faults else 0


async def put_load(address: str, load: Load, server: psutil.Process) -> Measured:
    """Open all sessions, let them ask, and measure the server from the first question on."""
    sessions = [PageSession(address) for _ in range(load.sessions)]
    measured = Measured()
    opened = await asyncio.gather(*(one.open() for one in sessions))
    measured.answers += [one for one in opened if one.faults]
    started = time.perf_counter()
    server_cpu, client_cpu, before = _cpu(server), _cpu(psutil.Process()), _mebibytes(server)
    asking = [
        _ask(session, load, random.Random(f"{SEED}-{number}"))
        for number, session in enumerate(sessions)
        if not opened[number].faults
    ]
    for answers in await asyncio.gather(*asking):
        measured.answers += answers
    measured.seconds = time.perf_counter() - started
    measured.server_cpu = _cpu(server) - server_cpu
    measured.client_cpu = _cpu(psutil.Process()) - client_cpu
    measured.mebibytes = (before, _mebibytes(server))
    await asyncio.gather(*(one.close() for one in sessions))
    return measured


async def _ask(session: PageSession, load: Load, chance: random.Random) -> list[Answer]:
    """Ask on time, or at once when the answer before came late; stop when the time is over."""
    questions = chance.choices(choose_questions(), k=load.questions)
    begun = time.perf_counter() + chance.uniform(0, load.every)
    answers: list[Answer] = []
    for number, question in enumerate(questions):
        await asyncio.sleep(begun + number * load.every - time.perf_counter())
        if answers and time.perf_counter() > begun + load.seconds:
            break
        answers.append(await session.ask(question))
        if answers[-1].end_ms is None:
            break  # a session that was lost, or never answered, asks nothing more
    return answers


def choose_questions() -> list[str]:
    """The questions of the gold set that the page repeats whole."""
    return [one.text for one in read_questions() if len(one.text) <= LONGEST_QUESTION]


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _mebibytes(process: psutil.Process) -> float:
    return process.memory_info().rss / MEBIBYTE


def describe(load: Load, measured: Measured) -> list[str]:
    """The figures, a line each."""
    asked = [one for one in measured.answers if one.question]
    each = measured.server_cpu * 1000 / max(1, len(asked))
    share = measured.client_cpu / measured.seconds
    named = ", ".join(f"{fault}: {count}" for fault, count in measured.faults.items())
    errors = f"{measured.faults.total()} ({named})" if named else "0"
    before, after = measured.mebibytes
    return [
        f"sessions          {load.sessions}, a question every {load.every:g} s",
        f"questions         {len(asked)} of {load.sessions * load.questions} planned "
        f"in {measured.seconds:.0f} s",
        f"errors            {errors}",
        f"time to the card  {_spread([one.card_ms for one in asked])}",
        f"time to the end   {_spread([one.end_ms for one in asked])}",
        f"server            {each:.0f} ms of CPU a question, "
        f"{before:.0f} MiB at the start, {after:.0f} MiB at the end",
        f"client            {share:.0%} of a core",
    ]


def _spread(milliseconds: Sequence[float | None]) -> str:
    known = [one for one in milliseconds if one is not None]
    return f"{summarise(known)}, max {max(known):.0f} ms" if known else "none"


if __name__ == "__main__":
    sys.exit(main())
