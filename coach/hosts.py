"""Where the page listens: the addresses that a host's name stands for."""

from __future__ import annotations

import socket
from typing import Any

from coach.errors import SettingsError
from coach.settings import Settings
from coach.texts import text


def resolve_host(settings: Settings) -> list[tuple[socket.AddressFamily, Any]]:
    """The addresses of the page, each with its family; SettingsError when the host is none."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # a name too long for DNS is a UnicodeError
        raise bad_host(settings, error) from error
    return [(family, address) for family, *_, address in found]


def bad_host(settings: Settings, error: Exception) -> SettingsError:
    """That the page cannot listen at this host, and why."""
    fault = getattr(error, "strerror", None) or error
    return SettingsError(text("ui.bad_host", host=settings.host, fault=fault))


def page_url(settings: Settings) -> str:
    """The address to open in a browser on this machine."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"
