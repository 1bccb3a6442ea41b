"""A real PostgreSQL of Debian's package, on loopback, for the tests that need one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

USER = "postgres"
ABSENT = "NO POSTGRESQL: the archive was NOT tried with it; run `make postgres` as root"


@contextmanager
def run_postgres() -> Iterator[str]:
    """Run a fresh server for the length of a `with` block; yield the address of its database."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not binaries or os.geteuid() != 0:
        if os.environ.get("COACH_REQUIRE_POSTGRES"):
            pytest.fail(ABSENT)
        pytest.skip(ABSENT)
    folder = binaries[-1].parent
    data = Path(tempfile.mkdtemp(prefix="coach-postgres-"))
    shutil.chown(data, USER, USER)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    try:
        _as_postgres(folder / "initdb", "-D", data / "db", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data}"
        _as_postgres(
            folder / "pg_ctl", "-D", data / "db", "-o", options, "-w", "-l", data / "log", "start"
        )
        try:
            yield f"postgresql+psycopg://{USER}@127.0.0.1:{port}/postgres"
        finally:
            _as_postgres(folder / "pg_ctl", "-D", data / "db", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _as_postgres(*command: object) -> None:
    subprocess.run(
        ["runuser", "-u", USER, "--", *map(str, command)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
