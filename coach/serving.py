"""Serving the chat page: one Coach for all sessions of the process."""

from __future__ import annotations

import errno
import logging
import socket
import subprocess
import sys
import threading
from ipaddress import ip_address
from typing import TYPE_CHECKING

from coach.assembly import (
    find_index_fault,
    open_archive,
    open_coach,
    prepare_libraries,
    published_build,
)
from coach.errors import CoachError, IndexBusyError, IndexUnusableError, SettingsError
from coach.hosts import bad_host, page_url, resolve_host
from coach.index.build import lock_index
from coach.memory import map_large_blocks, return_freed
from coach.privacy.masking import mask
from coach.settings import PROJECT_FOLDER, Settings, as_environment
from coach.signing_in import SignIn, read_sign_in
from coach.teaching import LOCK, recover
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
    "theme_light_primaryColor": "#2e7d32",  # red is for what must not be done
    "theme_dark_primaryColor": "#388e3c",
}

DAY_SECONDS = 24 * 60 * 60

_held: dict[Settings, Coach] = {}
_lock = threading.Lock()
_opening = threading.Lock()


def shared_coach(settings: Settings) -> Coach:
    """Return the process's Coach; when another index was published, the one of that soon.

    The newly published one is opened behind: nobody who asks meanwhile waits for it. Without any
    published index (it was deleted while the page runs) the opened one goes on.
    """
    with _lock:
        if settings not in _held:
            _hold_first(settings)
        coach = _held[settings]
    if published_build(settings) not in (None, coach.build) and not _opening.locked():
        threading.Thread(target=_open_behind, args=(settings,), daemon=True).start()
    return coach


def open_published(settings: Settings) -> Coach:
    """Open the index that is published now, where it is another one, and serve it from now on."""
    with _opening:
        if settings not in _held or _held[settings].build != published_build(settings):
            _hold(settings)
        return _held[settings]


def _hold_first(settings: Settings) -> None:
    """Open the index, made ready where it is missing, stale or does not open.

    It is always built in a process of its own, which shows its progress and tells its faults: what
    it takes to build is gone with it. Where it cannot be built, what was published before serves.
    """
    is_ready = find_index_fault(settings) is None or _build_apart(settings)
    try:
        _hold(settings)
    except IndexUnusableError:
        if not (is_ready and _build_apart(settings, "--force")):
            raise
        _hold(settings)
    if not is_ready:
        print(text("index.serving_old"), file=sys.stderr)


def _build_apart(settings: Settings, *options: str) -> bool:
    command = [sys.executable, "-m", "coach.cli", "index", *options]
    environment = as_environment(settings)
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def _hold(settings: Settings) -> None:
    """Open what is published, and answer one question before anybody asks.

    The Coach before it goes, with all that it holds, once the last question put to it is answered.
    """
    coach = open_coach(settings)
    coach.reply([], text("check_question"))
    _held[settings] = coach
    return_freed()


def _open_behind(settings: Settings) -> None:
    try:
        open_published(settings)
    except CoachError as error:  # the opened one goes on serving
        print(error, file=sys.stderr)


def serve_page(settings: Settings) -> None:
    """Serve the chat page in this process until it is stopped.

    The index is made ready and one question is answered before the address is printed, so that
    the first operator does not wait for it. Raises SettingsError when the address is taken.
    """
    sign_in = read_sign_in(settings)
    _check_address(settings)
    prepare_libraries(settings)
    map_large_blocks()
    _recover_unfinished(settings)
    coach = shared_coach(settings)
    threading.Thread(target=_warm, args=(coach,), daemon=True).start()
    threading.Thread(target=forget_daily, args=(settings,), daemon=True).start()
    from streamlit.web import bootstrap

    options = {**PAGE_OPTIONS, "server_address": settings.host, "server_port": settings.port}
    if sign_in:
        options["browser_serverAddress"] = sign_in.public_host
    bootstrap.load_config_options(flag_options=options)
    if sign_in:
        _hand_over(sign_in)
    print(text("ui.address", url=settings.public_url or page_url(settings)), flush=True)
    bootstrap.run(str(PAGE), False, [], options)


def _recover_unfinished(settings: Settings) -> None:
    """Take a publish back that was killed; whatever keeps that from being done, the page serves.

    Who publishes at this moment holds the lock: there is nothing to take back.
    """
    try:
        with lock_index(settings.index / LOCK, seconds=0):
            recover(settings)
    except IndexBusyError:
        return
    except CoachError as error:
        print(error, file=sys.stderr)


def _hand_over(sign_in: SignIn) -> None:
    """Give Streamlit what it would read from secrets.toml: in memory, so nothing lies on disk."""
    from streamlit.runtime.secrets import secrets_singleton

    secrets_singleton.load_if_toml_exists()
    secrets_singleton.merge_programmatic_secrets({"auth": sign_in.streamlit_secrets()})


def forget_daily(settings: Settings, stop: threading.Event | None = None) -> None:
    """Forget what is too old, now and once a day until `stop` is set: a page may run for weeks."""
    stopped = stop or threading.Event()
    while settings.keep_days:
        try:
            open_archive(settings).forget_older(settings.keep_days)
        except Exception as error:  # whoever opens a page is told; tomorrow it is tried again
            logging.getLogger("coach.serving").error("nothing forgotten: %s", type(error).__name__)
        if stopped.wait(DAY_SECONDS):
            return


def _warm(coach: Coach) -> None:
    """Load what only works behind a card: the masking of what is kept, and a local model."""
    mask([text("check_question")])
    coach.warm_model()


def _check_protected(settings: Settings) -> None:
    """Refuse an address beyond loopback where nobody has to sign in: trainers' pages are there."""
    addresses = [ip_address(str(one[0]).split("%")[0]) for _, one in resolve_host(settings)]
    is_here = all(address.is_loopback for address in addresses)
    if not (is_here or settings.unprotected or read_sign_in(settings)):
        raise SettingsError(text("ui.unprotected", host=settings.host))


def _check_address(settings: Settings) -> None:
    _check_protected(settings)
    family, address = resolve_host(settings)[0]
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except PermissionError as error:
            raise SettingsError(text("ui.port_forbidden", port=settings.port)) from error
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise bad_host(settings, error) from error
            message = text("ui.port_taken", port=settings.port, host=settings.host)
            raise SettingsError(message) from error
