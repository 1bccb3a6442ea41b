"""A real OpenID Connect provider (Canaille) on loopback, for the tests that sign in."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from coach.settings import PROJECT_FOLDER
from eval.served_page import free_port

INSTALLED = PROJECT_FOLDER / ".venv-oidc" / ".installed"
PYTHON = INSTALLED.parent / "bin" / "python"
ABSENT = "NO IDENTITY PROVIDER: signing in was NOT tried; run `make oidc`"
START_SECONDS = 60
PASSWORD, CLIENT, CLIENT_SECRET = "correct horse battery", "coach", "secret of the client"

SIGN_IN = {
    "oidc_metadata_url": "https://id.coach.test/.well-known/openid-configuration",
    "oidc_client_id": CLIENT,
    "oidc_client_secret": CLIENT_SECRET,
    "oidc_cookie_secret": "a long secret of the tests that signs",
    "public_url": "https://coach.test",
}


@dataclass(frozen=True)
class Provider:
    """A running provider: its address, and the address of the page that it knows."""

    address: str
    page: str

    @property
    def environment(self) -> dict[str, str]:
        """What Coach is told so that people sign in here; groups are their roles."""
        return {
            "COACH_OIDC_METADATA_URL": f"{self.address}/.well-known/openid-configuration",
            "COACH_OIDC_CLIENT_ID": CLIENT,
            "COACH_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "COACH_OIDC_COOKIE_SECRET": SIGN_IN["oidc_cookie_secret"],
            "COACH_OIDC_SCOPES": "openid email profile groups",
            "COACH_OIDC_ROLES_CLAIM": "groups",
            "COACH_OIDC_ROLES": "operators=operator,trainers=trainer,admins=admin",
            "COACH_PUBLIC_URL": self.page,
        }


@contextmanager
def run_provider(page: str, people: Mapping[str, Sequence[str]]) -> Iterator[Provider]:
    """Run a provider for a page's address; it knows these people and their groups."""
    if not INSTALLED.exists():
        if os.environ.get("COACH_REQUIRE_OIDC"):
            pytest.fail(ABSENT)
        pytest.skip(ABSENT)
    port = free_port()
    client = {"id": CLIENT, "secret": CLIENT_SECRET, "address": page}
    given = {"port": port, "client": client, "people": people, "password": PASSWORD}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [PYTHON, Path(__file__).with_name("identity_server.py"), json.dumps(given)],
            stdout=log,
            stderr=log,
            cwd=tempfile.gettempdir(),
        )
        provider = Provider(f"http://127.0.0.1:{port}", page)
        try:
            _wait_until_ready(provider)
            yield provider
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def _wait_until_ready(provider: Provider) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(provider.environment["COACH_OIDC_METADATA_URL"], timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
