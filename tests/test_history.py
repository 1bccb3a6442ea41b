"""The archive of lessons: what was published, since which version, and what was taken back."""

from __future__ import annotations

from coach.archive.archive import Archive
from coach.archive.history import History


def test_lessons_are_kept_newest_first_and_marked_when_undone(archive: Archive) -> None:
    history = History(archive)
    first = history.add_lesson("Ирина", "boss_phone", ("a", "b"), question="дай номер")
    history.add_lesson(
        "Олег", "rights", ("b", "c"), path="situations/rights.md", before="x", after="y"
    )
    history.mark_undone(first, "Анна", "d")
    newest, oldest = history.lessons(5)
    assert (newest.trainer, newest.before, newest.after, newest.is_undone) == (
        "Олег",
        "x",
        "y",
        False,
    )
    assert (oldest.question, oldest.is_undone, oldest.undone_by) == ("дай номер", True, "Анна")
    assert len(history.lessons(1)) == 1


def test_those_that_stand_are_found_behind_the_undone(archive: Archive) -> None:
    history = History(archive)
    ids = [history.add_lesson("1", "rights", ("a", "b"), question=one) for one in ("x", "y", "z")]
    for lesson in ids[1:]:
        history.mark_undone(lesson, "1", "a")
    assert [one.id for one in history.lessons(1, standing=True)] == ids[:1]


def test_what_others_published_since_a_version_is_told(archive: Archive) -> None:
    history = History(archive)
    for trainer, before, after in (("1", "a", "b"), ("2", "b", "c"), ("3", "c", "d")):
        history.add_lesson(trainer, "rights", (before, after), question=trainer)
    assert [one.trainer for one in history.lessons_after("b")] == ["2", "3"]
    assert history.lessons_after("d") == []


def test_what_others_took_back_since_a_version_is_told(archive: Archive) -> None:
    history = History(archive)
    history.note_version("a", None)
    first = history.add_lesson("Ирина", "rights", ("a", "b"), question="дай номер")
    history.note_version("b", None)
    history.mark_undone(first, "Олег", "a")
    history.note_version("a", None)
    (told,) = history.lessons_after("b")
    assert (told.id, told.undone_by) == (first, "Олег")
    assert history.lessons_after("a") == []
    second = history.add_lesson("Анна", "rights", ("a", "c"), question="номер дай")
    assert [one.id for one in history.lessons_after("b")] == [first, second]
    assert [one.id for one in history.lessons_after("a")] == [second]


def test_an_undo_after_a_change_past_the_pages_is_told(archive: Archive) -> None:
    history = History(archive)
    lesson = history.add_lesson("Ирина", "rights", ("a", "b"), question="дай номер")
    history.note_version("by hand", None)
    history.mark_undone(lesson, "Олег", "c")
    assert [one.undone_by for one in history.lessons_after("by hand")] == ["Олег"]


def test_a_served_version_tells_what_led_to_it(archive: Archive) -> None:
    history = History(archive)
    history.note_version("a", None)
    history.note_version("b", None)  # another page was quicker than the lesson's own
    lesson = history.add_lesson("Ирина", "rights", ("a", "b"), question="дай номер")
    history.mark_undone(lesson, "Олег", "a")
    history.note_version("a", None)
    history.note_version("b", None)  # the same words, written by hand
    found = [one.event and (one.event.trainer, one.event.is_undo) for one in history.versions(5)]
    assert found == [None, ("Олег", True), ("Ирина", False), None]
    assert [one.event for one in history.versions(2)] == [
        one.event for one in history.versions(5)[:2]
    ]


def test_versions_are_kept_with_their_differences(archive: Archive) -> None:
    history = History(archive)
    assert history.last_version() is None
    history.note_version("a", None)
    history.note_version("b", {"x.md": "+строка"})
    assert history.last_version() == "b"
    newest, oldest = history.versions(5)
    assert newest.differences == {"x.md": "+строка"}
    assert oldest.differences is None
