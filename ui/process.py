"""What all browser sessions of this process share: settings, the Coach, the archive."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from coach.archive.archive import Archive
from coach.archive.history import History
from coach.assembly import open_archive
from coach.coaching import Coach
from coach.errors import ArchiveError, CoachError
from coach.serving import shared_coach
from coach.settings import Settings, load_settings
from coach.versions import note_served
from ui.words import word

RETRY_SECONDS = 30


@st.cache_resource(show_spinner=False)
def page_settings() -> Settings:
    """The settings, read once per process."""
    return load_settings()


def current_coach() -> Coach:
    """The Coach of this process, of the knowledge version that is published now."""
    with st.spinner(word("loading")):
        return shared_coach(page_settings())


def note_version() -> None:
    """Note which version is served, once a page is drawn: nobody waits for it."""
    with suppress(CoachError):  # a silent archive is told where something is to be kept in it
        _note_served(shared_coach(page_settings()).knowledge.version)


@st.cache_resource(show_spinner=False, max_entries=1)
def _note_served(version: str) -> None:
    note_served(version, history(), page_settings())


def archive() -> Archive:
    """The archive of this process; ArchiveError when it cannot be opened, now or lately."""
    opened = _lately_opened()
    if isinstance(opened, ArchiveError):
        raise opened
    return opened


@st.cache_resource(show_spinner=False)
def _opened_archive() -> Archive:
    return open_archive(page_settings())


@st.cache_resource(show_spinner=False, ttl=RETRY_SECONDS)
def _lately_opened() -> Archive | ArchiveError:
    try:
        return _opened_archive()
    except ArchiveError as error:
        return error


def history() -> History:
    """What trainers changed, and the versions that were served."""
    return History(archive())
