"""Teaching on a page: the effect of a change, publishing it, taking it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from coach.archive.history import Lesson
from coach.effect import Changed, Effect, Evaluated, foresee_apart
from coach.errors import CoachError, StaleError
from coach.serving import open_published
from coach.taught import join_gold, leave_gold
from coach.teaching import Change, publish, undo
from ui import process, session
from ui.words import show, word

EFFECT, DONE, FAULT = "teach-effect", "teach-done", "teach-fault"
LESSONS = 5
Make = Callable[[], Change]


def forget_effect() -> None:
    """Another answer or file is looked at: what was foreseen is not about it."""
    st.session_state.pop(EFFECT, None)


def show_said() -> None:
    """Tell once what came of the last move."""
    for name, style in ((DONE, "item coach-fine"), (FAULT, "item coach-avoid")):
        said = st.session_state.pop(name, "")
        if said:
            show(said, style)


def show_foreseeing(make: Make, recent: Sequence[str], *, disabled: bool = False) -> None:
    """The button that looks at what a change would do; then its effect and the publishing."""
    if st.button(word("teach.foresee"), key="foresee", disabled=disabled):
        forget_effect()
        with st.spinner(word("teach.foreseeing"), show_time=True):
            _keep_effect(make, recent)
    effect: Effect | None = st.session_state.get(EFFECT)
    if effect is not None:
        _show_effect(effect)


def _keep_effect(make: Make, recent: Sequence[str]) -> None:
    try:
        st.session_state[EFFECT] = foresee_apart(make(), recent, process.page_settings())
    except (CoachError, OSError) as error:
        show(str(error), "item coach-avoid")


def _show_effect(effect: Effect) -> None:
    if effect.change.question:
        show(word("teach.question", question=effect.change.question), "evidence")
        show(word("teach.before", outcome=effect.before), "item")
        show(word("teach.after", outcome=effect.after), "item")
    for warning in effect.warnings:
        show(warning, "item coach-conflict")
    show(word("teach.changed", count=len(effect.changed)), "item")
    _show_changed(effect.changed)
    if effect.evaluated:
        _show_evaluated(effect.evaluated)
    wants_gold = bool(effect.change.question) and st.checkbox(word("teach.gold"), key="teach-gold")
    if st.button(word("teach.publish"), key="publish", type="primary"):
        with st.spinner(word("teach.publishing"), show_time=True):
            _publish(effect.change, wants_gold)
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
    for one in changed:
        show(f"«{one.question}»: {one.before} → {one.after}", "evidence")


def _publish(change: Change, wants_gold: bool) -> None:
    settings = process.page_settings()
    try:
        version = publish(change, settings)
        open_published(settings)
        is_edit = not change.question
        process.history().add_lesson(
            session.operator(),
            change.situation,
            (change.version, version),
            question=change.question,
            path=change.path,
            before=change.before if is_edit else "",
            after=change.after if is_edit else "",
        )
        if wants_gold:
            join_gold(change.question, change.situation, session.operator(), settings)
        st.session_state[DONE] = word("teach.published", version=version)
        forget_effect()
    except StaleError as error:
        st.session_state[FAULT] = "\n".join([str(error), *_what_changed(change.version)])
        forget_effect()
    except CoachError as error:
        st.session_state[FAULT] = str(error)


def _what_changed(version: str) -> list[str]:
    """What others published since the knowledge was at a version, a line each."""
    lessons = process.history().lessons_after(version)
    return [word("teach.by", trainer=one.trainer, what=describe(one)) for one in lessons]


def describe(lesson: Lesson) -> str:
    """What a lesson was, in a line."""
    situations = process.current_coach().knowledge.situations
    known = situations.get(lesson.situation)
    title = known.title if known else word("teach.none")
    if lesson.question:
        return f"«{lesson.question}» → {title}"
    return word("teach.edited", title=title)


def show_lessons() -> None:
    """The last lessons, each with a button that takes it back."""
    lessons = [one for one in process.history().lessons(LESSONS) if not one.is_undone]
    if not lessons:
        return
    with st.expander(word("teach.lessons", count=len(lessons))):
        for one in lessons:
            with st.container(horizontal=True, gap="xsmall"):
                show(word("teach.by", trainer=one.trainer, what=describe(one)), "evidence")
                if st.button(word("teach.undo"), key=f"undo-{one.id}"):
                    with st.spinner(word("teach.publishing"), show_time=True):
                        _undo(one)
                    st.rerun()


def _undo(lesson: Lesson) -> None:
    settings = process.page_settings()
    change = Change(lesson.path, lesson.before, lesson.after, "", lesson.situation, lesson.question)
    try:
        version = undo(change, settings)
        open_published(settings)
        if lesson.question:
            leave_gold(lesson.question, settings)
        process.history().mark_undone(lesson.id, session.operator(), version)
        st.session_state[DONE] = word("teach.undone", version=version)
    except CoachError as error:
        st.session_state[FAULT] = str(error)
