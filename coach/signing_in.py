"""Signing in by OpenID Connect: what is set, and who somebody is by the provider's claims."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from coach.errors import SettingsError
from coach.settings import Settings
from coach.texts import text

OPERATOR, TRAINER, ADMIN = "operator", "trainer", "admin"
ROLES = (OPERATOR, TRAINER, ADMIN)
NEEDED = ("oidc_metadata_url", "oidc_client_id", "oidc_client_secret", "oidc_cookie_secret")
NEEDED_TOO = "public_url"
SHORTEST_SECRET = 32
CALLBACK = "/oauth2callback"
METADATA_SECONDS = 10
ENDPOINTS = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True)
class SignIn:
    """Signing in as it is set: the provider, and how its claims name people and their roles."""

    settings: Settings
    roles: Mapping[str, str]

    @property
    def public_host(self) -> str:
        """The host that browsers use."""
        return urlsplit(self.settings.public_url).hostname or ""

    def streamlit_secrets(self) -> dict[str, Any]:
        """The `[auth]` section that Streamlit reads."""
        settings = self.settings
        return {
            "redirect_uri": settings.public_url.rstrip("/") + CALLBACK,
            "cookie_secret": settings.oidc_cookie_secret.get_secret_value(),
            "client_id": settings.oidc_client_id,
            "client_secret": settings.oidc_client_secret.get_secret_value(),
            "server_metadata_url": settings.oidc_metadata_url,
            "client_kwargs": {"scope": settings.oidc_scopes},
        }

    def name_of(self, claims: Mapping[str, Any]) -> str:
        """Who this is, or nothing; an address that the provider calls unverified names nobody."""
        name = self.settings.oidc_name_claim
        is_unverified = name == "email" and claims.get("email_verified") is False
        return "" if is_unverified else str(claims.get(name) or "").strip()

    def roles_of(self, claims: Mapping[str, Any]) -> frozenset[str]:
        """The roles that the claims give; a claim is a list, or words with spaces or commas."""
        told = claims.get(self.settings.oidc_roles_claim)
        listed = told if isinstance(told, list) else []
        values = re.split(r"[\s,]+", told) if isinstance(told, str) else map(str, listed)
        return frozenset(self.roles[value] for value in values if value in self.roles)

    def is_over(self, claims: Mapping[str, Any]) -> bool:
        """Whether the sign-in is so old that its claims hold no longer."""
        signed_in_at = float(claims.get("iat") or 0)
        return time.time() - signed_in_at > self.settings.oidc_hours * 3600


def read_sign_in(settings: Settings) -> SignIn | None:
    """Signing in as the settings have it, or None; SettingsError when half of it is set."""
    values = {name: getattr(settings, name) for name in (*NEEDED, NEEDED_TOO)}
    missing = [f"COACH_{name.upper()}" for name, value in values.items() if not _is_set(value)]
    if not any(_is_set(values[name]) for name in NEEDED):
        return None
    if missing:
        raise SettingsError(text("signing_in.missing", names=", ".join(missing)))
    if len(settings.oidc_cookie_secret.get_secret_value()) < SHORTEST_SECRET:
        raise SettingsError(text("signing_in.short_secret", length=SHORTEST_SECRET))
    _check_public_url(settings.public_url)
    return SignIn(settings, _read_roles(settings.oidc_roles))


def _is_set(value: Any) -> bool:
    return bool(value.get_secret_value() if hasattr(value, "get_secret_value") else value)


def _check_public_url(url: str) -> None:
    """Passwords and cookies travel in the open by http: it is for loopback alone."""
    parts = urlsplit(url)
    is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
    if not is_address or parts.path.strip("/") or parts.query:
        raise SettingsError(text("signing_in.bad_address", url=url))
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise SettingsError(text("signing_in.open_address", url=url))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _read_roles(words: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in filter(None, map(str.strip, words.split(","))):
        value, _, role = map(str.strip, pair.rpartition("="))
        if not value or role not in ROLES:
            raise SettingsError(text("signing_in.bad_roles", pair=pair, known=", ".join(ROLES)))
        found[value] = role
    return found


def read_issuer(settings: Settings) -> str:
    """Ask the provider for its metadata; return its name, or raise SettingsError."""
    url = settings.oidc_metadata_url
    try:
        with urllib.request.urlopen(url, timeout=METADATA_SECONDS) as response:
            told = json.load(response)
        missing = [name for name in ENDPOINTS if not told.get(name)]
    except (OSError, ValueError, AttributeError) as error:
        raise SettingsError(text("signing_in.no_metadata", url=url, fault=error)) from error
    if missing:
        fault = ", ".join(missing)
        raise SettingsError(text("signing_in.poor_metadata", url=url, names=fault))
    return str(told["issuer"])
