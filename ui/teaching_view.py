"""Teaching on a page: the effect of a change, publishing it, taking it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from coach.archive.history import Lesson
from coach.coaching import Coach
from coach.effect import Changed, Effect, Evaluated, foresee_apart
from coach.errors import CoachError, StaleError
from coach.instruction.danger import CALM, DANGER
from coach.serving import open_published
from coach.taught import join_gold, leave_gold
from coach.teaching import Change, hand_edits, publish, undo
from ui import process, session
from ui.words import as_label, show, word

BOX, LESSONS, RECENT, SHOWN = "teaching", 5, 30, 20
Make = Callable[[], Change]


@dataclass
class Box:
    """What a trainer's session holds of teaching: the effect that was seen, and what to tell.

    `about` is what the effect is of: it is shown beside nothing else.
    """

    effect: Effect | None = None
    about: object = None
    done: str = ""
    fault: str = ""

    def forget(self) -> None:
        """Drop the effect."""
        self.effect = self.about = None


def box() -> Box:
    """This session's box; kept as one object, which long work may fill while the page is left."""
    held: Box = st.session_state.setdefault(BOX, Box())
    return held


def show_said() -> None:
    """Tell once what came of the last move."""
    held = box()
    for said, style in ((held.done, "item coach-fine"), (held.fault, "item coach-avoid")):
        if said:
            show(said, style)
            st.toast(as_label(said), duration="long")  # wherever the page is scrolled to
    held.done = held.fault = ""


def show_foreseeing(make: Make, about: object, *, disabled: bool = False) -> None:
    """The button that looks at what a change would do; then its effect and the publishing.

    `about` is what the change is of: an answer and a situation, or a file and its words.
    """
    held = box()
    if st.button(word("teach.foresee"), key="foresee", disabled=disabled):
        held.forget()
        with st.spinner(word("teach.foreseeing")):
            _foresee(make, about, held)
    if held.effect is not None and held.about == about:
        _show_effect(held.effect, held)


def _foresee(make: Make, about: object, held: Box) -> None:
    try:
        recent = process.archive().latest_questions(RECENT)
        held.effect = foresee_apart(make(), recent, process.page_settings())
        held.about = about
    except CoachError as error:
        show(str(error), "item coach-avoid")


def _show_effect(effect: Effect, held: Box) -> None:
    if effect.change.question:
        show(word("teach.question", question=effect.change.question), "evidence")
        show(word("teach.before", outcome=effect.before), "item")
        show(word("teach.after", outcome=effect.after), "item")
    for warning in effect.warnings:
        show(warning, "item coach-conflict")
    show(word("teach.changed", count=len(effect.changed)), "item")
    _show_changed(effect.changed)
    if effect.guard:
        show(word("teach.guard", count=len(effect.guard)), "item coach-avoid")
        if effect.urgent:
            titles = ", ".join(effect.urgent)
            show(word("teach.guard_urgent", titles=titles), "item coach-conflict")
        _show_changed(effect.guard)
    if effect.evaluated:
        _show_evaluated(effect.evaluated)
    others = [one for one in hand_edits(process.page_settings()) if one != effect.change.path]
    if others:
        show(word("teach.hand_edits", files=", ".join(others)), "item coach-conflict")
    is_gold = bool(effect.change.question) and effect.change.situation not in (DANGER, CALM)
    wants_gold = is_gold and st.checkbox(word("teach.gold"), key="teach-gold")
    if st.button(word("teach.publish"), key="publish", type="primary"):
        with st.spinner(word("teach.publishing")):
            _publish(effect.change, held, wants_gold=wants_gold)
        st.rerun()


def _show_evaluated(found: Evaluated) -> None:
    if found.fault:
        show(found.fault, "item coach-avoid")
        return
    line = word("teach.evaluated", before=found.before, after=found.after, count=found.count)
    show(line, "item coach-avoid" if found.worse else "item")
    for name, changed in (("worse", found.worse), ("better", found.better)):
        if changed:
            show(word(f"teach.{name}", count=len(changed)), "label")
            _show_changed(changed)


def _show_changed(changed: Sequence[Changed]) -> None:
    for one in changed[:SHOWN]:
        line = word("teach.one", question=one.question, before=one.before, after=one.after)
        show(line, "evidence")


def _publish(change: Change, held: Box, *, wants_gold: bool) -> None:
    """Publish; what came of it stands in the box even when the page is left meanwhile."""
    settings, history, trainer = process.page_settings(), process.history(), session.operator()
    is_edit = not change.question

    def record(version: str) -> None:
        history.add_lesson(
            trainer,
            change.situation,
            (change.version, version),
            question=change.question,
            path=change.path,
            before=change.before if is_edit else "",
            after=change.after if is_edit else "",
        )

    held.forget()
    try:
        version = publish(change, settings, record)
        held.done = word("teach.published", version=version)
        open_published(settings)
        if wants_gold:
            join_gold(change.question, change.situation, settings)
    except StaleError as error:
        held.fault = "\n".join([str(error), *_what_changed(change.version)])
    except CoachError as error:
        held.fault = str(error)


def _what_changed(version: str) -> list[str]:
    """What others published since the knowledge was at a version, a line each."""
    lessons = process.history().lessons_after(version)
    return [describe(one, is_undo=one.is_undone) for one in lessons]


def describe(lesson: Lesson, *, is_undo: bool = False) -> str:
    """Who published a lesson, or took it back, and what it was: a line."""
    trainer = (lesson.undone_by if is_undo else lesson.trainer) or word("teach.forgotten")
    key = "teach.undone_by" if is_undo else "teach.by"
    return word(key, trainer=trainer, what=_what(lesson))


def lesson_title(name: str, coach: Coach) -> str:
    """What a lesson teaches, in a trainer's words: a situation, no answer, danger or none."""
    if name in (DANGER, CALM):
        return word(f"teach.{name}")
    situation = coach.knowledge.situations.get(name)
    return situation.title if situation else word("teach.none")


def _what(lesson: Lesson) -> str:
    title = lesson_title(lesson.situation, process.current_coach())
    if lesson.question:
        return word("teach.taught", question=lesson.question, title=title)
    return word("teach.edited", title=title)


def show_lessons() -> None:
    """The last lessons, each with a button that takes it back."""
    lessons = process.history().lessons(LESSONS, standing=True)
    if not lessons:
        return
    with st.expander(word("teach.lessons", count=len(lessons))):
        for one in lessons:
            with st.container(horizontal=True, gap="xsmall"):
                show(describe(one), "evidence")
                if st.button(word("teach.undo"), key=f"undo-{one.id}"):
                    with st.spinner(word("teach.publishing")):
                        _undo(one, box())
                    st.rerun()


def _undo(lesson: Lesson, held: Box) -> None:
    settings, history, trainer = process.page_settings(), process.history(), session.operator()
    change = Change(lesson.path, lesson.before, lesson.after, "", lesson.situation, lesson.question)
    try:
        version = undo(change, settings, lambda to: history.mark_undone(lesson.id, trainer, to))
        held.done = word("teach.undone", version=version)
        open_published(settings)
        if lesson.question:
            leave_gold(lesson.question, settings)
    except CoachError as error:
        held.fault = str(error)
