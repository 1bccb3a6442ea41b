"""The page of the instruction: situations marked in it, a situation's file edited, the history."""

from __future__ import annotations

from functools import partial

import streamlit as st

from coach.answering.staleness import is_stale
from coach.archive.history import ServedVersion
from coach.checking import check_draft
from coach.coaching import Coach
from coach.teaching import edit_situation
from ui import process
from ui.access import TRAINER, needs
from ui.instruction_view import show_instruction, show_situations
from ui.reply_view import show_reply
from ui.sources import KNOWLEDGE, close_source, open_source, opened_source
from ui.teaching_view import describe, forget_effect, show_foreseeing, show_lessons, show_said
from ui.words import as_label, as_moment, show, show_heading, word

RECENT, LOOKED_AT, VERSIONS = 30, 500, 30
PICKED, VIEW, EDIT, HISTORY = "knowledge-situation", "knowledge-view", "edit", "history"


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
        on_change=_begin_anew,
    )
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


def _begin_anew() -> None:
    """Another situation is looked at."""
    forget_effect()
    close_source(KNOWLEDGE)


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
    words = st.text_area(
        word("knowledge.file", path=path.name),
        value=published,
        height=460,
        key=f"file-{name}-{hash(published)}",
        help=word("knowledge.help"),
        on_change=forget_effect,
    )
    is_changed = words != published
    show(word("knowledge.changed" if is_changed else "knowledge.same"), "status")
    draft = check_draft(name, words, settings)
    for slip in draft.slips:
        line = word("knowledge.slip", path=slip.path, line=slip.line, message=slip.message)
        show(line, "item coach-avoid")
    if draft.card is None:
        return
    if is_changed:
        recent = [one.reply.question for one in process.archive().queue(RECENT)]
        show_foreseeing(partial(edit_situation, name, words, settings), recent)
    show(word("knowledge.preview"), "label", "h3")
    show_reply(draft.card, 0, lambda *_: None, partial(open_source, page=KNOWLEDGE))


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
    undone = word("teach.undone", version=one.version)
    done = undone if one.event.is_undo else describe(one.event.lesson)
    what = word("teach.by", trainer=one.event.trainer, what=done)
    return word("history.lesson", at=at, version=one.version, what=what)
