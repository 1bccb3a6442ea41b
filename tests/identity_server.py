"""Canaille, a real OpenID Connect provider, on loopback; run by the Python of `.venv-oidc`.

Takes one argument, JSON: `port`, `client` (id, secret, address), `people` (name to groups). People
sign in by their name and `password`; their e-mail is name@coach.test.
"""

from __future__ import annotations

import json
import sys

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend


def main(given: dict) -> None:
    """Serve until the process is ended."""
    host = f"127.0.0.1:{given['port']}"
    config = {
        "SECRET_KEY": "a secret of the tests",
        "SERVER_NAME": host,
        "PREFERRED_URL_SCHEME": "http",
        "CANAILLE": {"DATABASE": "memory", "ENABLE_REGISTRATION": False, "LANGUAGE": "en"},
        "CANAILLE_OIDC": {},
    }
    app = create_app(config)
    with app.app_context(), Backend.instance.session():
        for name, groups in given["people"].items():
            _add_person(name, groups, given["password"])
        _add_client(given["client"])
    app.run(host="127.0.0.1", port=given["port"], threaded=True)


def _add_person(name: str, groups: list[str], password: str) -> None:
    person = models.User(
        user_name=name,
        formatted_name=name,
        family_name=name,
        emails=[f"{name}@coach.test"],
        password=password,
    )
    Backend.instance.save(person)
    for title in groups:
        group = Backend.instance.get(models.Group, display_name=title)
        group = group or models.Group(display_name=title, members=[])
        group.members = [*group.members, person]
        Backend.instance.save(group)


def _add_client(client: dict) -> None:
    address = client["address"]
    known = models.Client(
        client_id=client["id"],
        client_secret=client["secret"],
        client_name="Coach",
        client_uri=address,  # one on loopback is trusted: no consent is asked
        redirect_uris=[f"{address}/oauth2callback"],
        post_logout_redirect_uris=[f"{address}/oauth2callback"],
        grant_types=["authorization_code"],
        response_types=["code"],
        scope=["openid", "email", "profile", "groups"],
        token_endpoint_auth_method="client_secret_basic",
    )
    Backend.instance.save(known)
    known.audience = [known]
    Backend.instance.save(known)


main(json.loads(sys.argv[1]))
