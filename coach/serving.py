"""Serving the chat page: one Coach for all sessions of the process."""

from __future__ import annotations

import socket
import threading
from ipaddress import ip_address
from typing import TYPE_CHECKING

from coach.assembly import build_coach, prepare_libraries, published_build
from coach.errors import SettingsError
from coach.privacy.masking import mask
from coach.settings import PROJECT_FOLDER, Settings
from coach.texts import text

if TYPE_CHECKING:
    from coach.coaching import Coach

PAGE = PROJECT_FOLDER / "ui" / "app.py"
# postScriptGC walks every object of the index after every run, which holds all sessions up.
PAGE_OPTIONS = {
    "browser_gatherUsageStats": False,
    "client_showErrorDetails": "none",
    "client_toolbarMode": "minimal",
    "logger_hideWelcomeMessage": True,
    "runner_postScriptGC": False,
    "server_fileWatcherType": "none",
    "server_headless": True,
}

_held: dict[Settings, tuple[str | None, Coach]] = {}
_lock = threading.Lock()


def shared_coach(settings: Settings) -> Coach:
    """Return the process's Coach, opened anew when another index was published meanwhile.

    Without any published index (it was deleted while the page runs) the opened one goes on.
    """
    published = published_build(settings)
    with _lock:
        name, coach = _held.get(settings, (None, None))
        if coach is None or (published is not None and name != published):
            coach = build_coach(settings)
            _held[settings] = (published_build(settings), coach)
        return coach


def serve_page(settings: Settings) -> None:
    """Serve the chat page in this process until it is stopped.

    The index is made ready and one question is answered before the address is printed, so that
    the first operator does not wait for it. Raises SettingsError when the address is taken.
    """
    _check_address(settings)
    prepare_libraries(settings)
    coach = shared_coach(settings)
    coach.reply([], text("check_question"))
    threading.Thread(target=_warm, args=(coach,), daemon=True).start()
    from streamlit.web import bootstrap

    options = {**PAGE_OPTIONS, "server_address": settings.host, "server_port": settings.port}
    bootstrap.load_config_options(flag_options=options)
    print(text("ui.address", host=settings.host, port=settings.port), flush=True)
    bootstrap.run(str(PAGE), False, [], options)


def _warm(coach: Coach) -> None:
    """Load what only works behind a card: the masking of what is kept, and a local model."""
    mask([text("check_question")])
    coach.warm_model()


def _check_protected(settings: Settings) -> None:
    """Refuse an address beyond loopback: there is no signing in, and trainers' pages are there."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    except OSError:
        return  # an address that is none is told in its own words
    addresses = [ip_address(str(place[0]).split("%")[0]) for *_, place in found]
    is_here = all(address.is_loopback for address in addresses)
    if not (is_here or settings.unprotected):
        raise SettingsError(text("ui.unprotected", host=settings.host))


def _check_address(settings: Settings) -> None:
    _check_protected(settings)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except PermissionError as error:
            raise SettingsError(text("ui.port_forbidden", port=settings.port)) from error
        except socket.gaierror as error:
            fault = error.strerror
            raise SettingsError(text("ui.bad_host", host=settings.host, fault=fault)) from error
        except OSError as error:
            message = text("ui.port_taken", port=settings.port, host=settings.host)
            raise SettingsError(message) from error
