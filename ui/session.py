"""What one browser session remembers: its conversation, and what was said of its replies."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from coach.answering.reply import Citation, Reply
from coach.archive.needs import COPIED, OPENED
from coach.errors import CoachError, GoneError
from coach.signing_in import OPERATOR
from ui import sources
from ui.access import require
from ui.process import archive
from ui.sources import CHAT

TURNS = "turns"
CONVERSATION, IDS, WAITING, FAULT = "c", "ids", "waiting", "fault"
SIGNALLED, PICKED, TOLD = "signalled-", "wrong-", "told-"
EARLIER, ALL_EARLIER = "earlier-", "all-earlier"

Kept = TypeVar("Kept")


def operator() -> str:
    """Who sits here, as the archive names them; AccessError when they may not even ask."""
    return require(OPERATOR).name


def turns() -> list[Reply]:
    """The replies of this conversation, oldest first; after a reload, as they were first shown."""
    if TURNS not in st.session_state:
        name = st.query_params.get(CONVERSATION, "")
        kept = _guarded(lambda: archive().conversation(name, operator())) if name else None
        _begin(kept or {}, name if kept else "")
    replies: list[Reply] = st.session_state[TURNS]
    return replies


def _begin(kept: dict[int, Reply], name: str) -> None:
    st.session_state[TURNS] = list(kept.values())
    st.session_state[IDS] = dict(enumerate(kept))
    st.session_state[WAITING] = []
    st.session_state[CONVERSATION] = name


def add_turn(reply: Reply) -> None:
    """Remember a reply, which `keep_waiting` keeps; the source of the one before is closed."""
    turns().append(reply)
    st.session_state[WAITING].append(len(turns()) - 1)
    sources.close_source(CHAT)


def keep_waiting() -> None:
    """Keep the replies that are on the screen and not in the archive yet."""
    waiting = st.session_state[WAITING]
    if waiting:
        keep_turn(waiting[-1])


def keep_turn(number: int) -> None:
    """Keep a reply in the archive as it is now; a fault there never takes the card away."""
    _guarded(lambda: _write_turn(number))


def signal(number: int, kind: str, situation: str = "") -> None:
    """Keep what the operator made of a reply; it counts as said once it is kept."""
    if _guarded(lambda: _write_signal(number, kind, situation)):
        st.session_state[f"{SIGNALLED}{number}"] = kind
        st.session_state[f"{TOLD}{number}"] = situation


def _write_turn(number: int) -> bool:
    """Write a reply to the archive, after those before it that wait.

    One that cannot be kept now holds up those after it: they would be kept before it.
    """
    name = st.session_state[CONVERSATION] or archive().start(operator())
    st.session_state[CONVERSATION] = st.query_params[CONVERSATION] = name
    replies, ids, waiting = turns(), st.session_state[IDS], st.session_state[WAITING]
    opened = archive()
    for turn in [*(earlier for earlier in waiting if earlier < number), number]:
        # nothing of Streamlit is touched here: it might end the run between keeping and noting
        ids[turn] = opened.keep(name, replies[turn], ids.get(turn))
        if turn in waiting:
            waiting.remove(turn)
    return True


def _write_signal(number: int, kind: str, situation: str = "") -> bool:
    if number not in st.session_state[IDS]:
        _write_turn(number)
    turn, conversation = st.session_state[IDS][number], st.session_state[CONVERSATION]
    archive().signal(turn, kind, situation, conversation)
    return True


def signalled(number: int) -> str:
    """What the operator said of a reply in this session, or nothing."""
    return str(st.session_state.get(f"{SIGNALLED}{number}", ""))


def told(number: int) -> str:
    """Which situation the operator said it really was, or nothing."""
    return str(st.session_state.get(f"{TOLD}{number}", ""))


def archive_fault() -> str:
    """What went wrong with the archive in this run of the page, or nothing."""
    return str(st.session_state.pop(FAULT, ""))


def _guarded(work: Callable[[], Kept]) -> Kept | None:
    """Do what needs the archive; a fault there is told on the page.

    What is written to a conversation that was deleted meanwhile goes to a new one.
    """
    try:
        try:
            return work()
        except GoneError as error:
            st.session_state[FAULT] = str(error)
            st.session_state[CONVERSATION], st.session_state[IDS] = "", {}
            return work()
    except CoachError as error:
        st.session_state[FAULT] = str(error)
        return None


def clear() -> None:
    """Begin a new conversation."""
    for name in [*st.session_state]:
        if str(name).startswith((SIGNALLED, PICKED, TOLD, ALL_EARLIER, EARLIER)):
            del st.session_state[name]
    _begin({}, "")
    st.query_params.clear()
    sources.close_source(CHAT)


def open_source_of(number: int, citation: Citation) -> None:
    """Show the source of one of this conversation's replies: a silent signal."""
    sources.open_source(citation, CHAT)
    _signal_silently(number, OPENED)


def signal_copied(number: int) -> None:
    """Keep that a phrase of a reply was copied: a silent signal."""
    _signal_silently(number, COPIED)


def _signal_silently(number: int, kind: str) -> None:
    if number in st.session_state.get(IDS, {}):
        _guarded(lambda: _write_signal(number, kind))
