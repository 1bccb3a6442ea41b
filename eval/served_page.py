"""The served page as a process of its own, for what needs a real address."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

START_SECONDS = 60


@dataclass(frozen=True)
class ServedPage:
    """A running page: its address and the first line that the command printed."""

    address: str
    said: str
    process: subprocess.Popen[str]


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def run_page(port: int | None = None, **settings: str) -> Iterator[ServedPage]:
    """Run `coach ui` on a free port with a fresh database for the length of a `with` block."""
    port = port or free_port()
    folder = tempfile.TemporaryDirectory()
    values = {
        "COACH_DATABASE_URL": f"sqlite:///{folder.name}/coach.db",
        "PYTHONUNBUFFERED": "1",
        "COACH_PORT": str(port),
        **settings,
    }
    named = [f"{name}={value}" for name, value in values.items()]
    process = subprocess.Popen(
        ["env", *named, sys.executable, "-m", "coach.cli", "ui"], stdout=subprocess.PIPE, text=True
    )
    address = f"http://127.0.0.1:{port}"
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        _wait_until_healthy(address)
        yield ServedPage(address, said, process)
    finally:
        process.terminate()
        process.wait(START_SECONDS)
        folder.cleanup()


def _wait_until_healthy(address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
