"""The page of the instruction: situations marked in it, a situation's file edited, the history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

import streamlit as st

from coach.answering.staleness import is_stale
from coach.archive.history import ServedVersion
from coach.checking import check_draft
from coach.coaching import Coach
from coach.errors import Slip
from coach.signing_in import TRAINER
from coach.teaching import edit_situation, hand_edits
from coach.versions import compare_words
from ui import process
from ui.access import needs
from ui.instruction_view import show_instruction, show_situations
from ui.reply_view import show_reply
from ui.sources import KNOWLEDGE, close_source, open_source, opened_source
from ui.teaching_view import describe, show_foreseeing, show_lessons, show_said
from ui.words import as_day, as_label, as_moment, show, show_heading, word

LOOKED_AT, VERSIONS, SLIPS = 500, 30, 8
PICKED, VIEW, EDIT, HISTORY = "knowledge-situation", "knowledge-view", "edit", "history"
OPENED, TIMES = "knowledge-opened", "knowledge-times"


@needs(TRAINER)
def show_knowledge() -> None:
    """Show the page."""
    coach = process.current_coach()
    view = show_heading(word("knowledge.heading"), (EDIT, HISTORY), "knowledge", VIEW)
    show(word("knowledge.version", version=coach.knowledge.version), "status")
    show_said()
    if view == HISTORY:
        show_lessons()
        _show_history()
    else:
        _show_situation(coach)


def _show_situation(coach: Coach) -> None:
    """One situation: its places in the instruction on one side, its file and card on the other."""
    situations = coach.knowledge.situations
    name = st.selectbox(
        word("knowledge.pick"),
        [*situations],
        format_func=lambda one: situations[one].title,
        key=PICKED,
        on_change=close_source,
        args=(KNOWLEDGE,),
    )
    owned = word(
        "knowledge.owner", owner=situations[name].owner, day=_as_written(situations[name].reviewed)
    )
    show(owned, "status")
    document, file = st.columns(2, gap="medium")
    source = opened_source(KNOWLEDGE)
    with document:
        if source:
            show_instruction(source, coach.knowledge, KNOWLEDGE)
        else:
            show_situations(coach.knowledge, name)
    with file:
        _show_stale(coach, name)
        _show_file(name)


def _as_written(day: str) -> str:
    """A day of a situation file as people write it; as it stands there when it is none."""
    try:
        return as_day(date.fromisoformat(day))
    except ValueError:
        return day


def _show_stale(coach: Coach, name: str) -> None:
    look = partial(process.archive().queue, LOOKED_AT, situation=name)
    kept = look() + look(judged=True)
    stale = [one for one in kept if is_stale(one.reply, coach.knowledge)]
    if stale:
        show(word("stale.count", count=len(stale)), "item coach-conflict")


def _show_file(name: str) -> None:
    """The file as it is published, or as it would be: its slips, or its card and its effect."""
    settings = process.page_settings()
    path = settings.knowledge / "situations" / f"{name}.md"
    try:
        published = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        show(word("knowledge.unreadable", path=path.name), "item coach-avoid")
        return
    is_served = f"situations/{path.name}" not in hand_edits(settings)
    words = _edit(name, path.name, published)
    is_moved = _tell_state(name, words, published, is_served=is_served)
    draft = check_draft(name, words, settings)
    _show_slips(draft.slips, path.name)
    if draft.card is None:
        return
    if not is_moved and not (is_served and words == published):
        opened, _ = _opened_files()[name]
        show_foreseeing(partial(edit_situation, name, opened, words, settings), (name, words))
    show(word("knowledge.preview"), "label", "h3")
    show_reply(draft.card, 0, lambda *_: None, partial(open_source, page=KNOWLEDGE))


def _show_slips(slips: Sequence[Slip], file: str) -> None:
    """The slips of the edited file; those of other files only where it has none of its own."""
    own = [one for one in slips if one.path.name == file] or slips
    for slip in own[:SLIPS]:
        line = word("knowledge.slip", path=slip.path, line=slip.line, message=slip.message)
        show(line, "item coach-avoid")
    if len(own) > SLIPS:
        show(word("knowledge.more_slips", count=len(own) - SLIPS), "status")


def _edit(name: str, file: str, published: str) -> str:
    """The box with the file's words: the trainer's own edit stays until it is published or dropped.

    The words that the box was opened with are kept beside it: so it is seen when others changed
    the file meanwhile.
    """
    opened = _opened_files()
    base, kept = opened.get(name, (published, published))
    if kept == base != published:  # nothing was typed here: what others published is taken
        _take_published(name)
        base = kept = published
    show(word("knowledge.path", path=file), "label")
    words = st.text_area(
        word("knowledge.file"),
        value=kept,
        height=460,
        key=f"file-{name}-{st.session_state.setdefault(TIMES, {}).get(name, 0)}",
        label_visibility="collapsed",
    )
    show(word("knowledge.help"), "status")
    opened[name] = (published if words == published else base, words)
    return words


def _opened_files() -> dict[str, tuple[str, str]]:
    """The files that this session has opened: the words they were opened with, and its own."""
    opened: dict[str, tuple[str, str]] = st.session_state.setdefault(OPENED, {})
    return opened


def _tell_state(name: str, words: str, published: str, *, is_served: bool) -> bool:
    """Say whether the words are published; return whether others changed the file meanwhile.

    `is_served` says whether operators get the file as it stands in the folder.
    """
    if words == published:
        same = word("knowledge.same" if is_served else "knowledge.unpublished")
        show(same, "status" if is_served else "item coach-conflict")
        return False
    base, _ = _opened_files()[name]
    if base == published:
        show(word("knowledge.changed"), "status")
    else:
        show(word("knowledge.moved"), "item coach-conflict")
        show(compare_words(base, published), "diff", "pre")
        st.button(word("knowledge.keep"), on_click=_keep_mine, args=(name, published, words))
    st.button(word("knowledge.drop"), on_click=_take_published, args=(name,))
    return base != published


def _keep_mine(name: str, published: str, words: str) -> None:
    _opened_files()[name] = (published, words)


def _take_published(name: str) -> None:
    """Open the file anew: the box is another one, with the words that are published."""
    _opened_files().pop(name, None)
    times: dict[str, int] = st.session_state.setdefault(TIMES, {})
    times[name] = times.get(name, 0) + 1


def _show_history() -> None:
    """The versions that were served, who made them, and what differs."""
    for one in process.history().versions(VERSIONS):
        with st.expander(as_label(_version_line(one))):
            if one.differences is None:
                show(word("history.unknown"), "item")
            for path, difference in (one.differences or {}).items():
                show(path, "label")
                show(difference, "diff", "pre")


def _version_line(one: ServedVersion) -> str:
    at = as_moment(one.at)
    if one.event is None:
        return word("history.version", at=at, version=one.version)
    what = describe(one.event.lesson, is_undo=one.event.is_undo)
    return word("history.lesson", at=at, version=one.version, what=what)
