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
    history.mark_undone(first)
    newest, oldest = history.lessons(5)
    assert (newest.trainer, newest.before, newest.after, newest.is_undone) == (
        "Олег",
        "x",
        "y",
        False,
    )
    assert (oldest.question, oldest.is_undone) == ("дай номер", True)
    assert len(history.lessons(1)) == 1


def test_what_others_published_since_a_version_is_told(archive: Archive) -> None:
    history = History(archive)
    for trainer, before, after in (("1", "a", "b"), ("2", "b", "c"), ("3", "c", "d")):
        history.add_lesson(trainer, "rights", (before, after), question=trainer)
    assert [one.trainer for one in history.lessons_after("b")] == ["2", "3"]
    assert history.lessons_after("d") == []


def test_versions_are_kept_with_their_differences(archive: Archive) -> None:
    history = History(archive)
    assert history.last_version() is None
    history.note_version("a", None)
    history.note_version("b", {"x.md": "+строка"})
    assert history.last_version() == "b"
    newest, oldest = history.versions(5)
    assert newest.differences == {"x.md": "+строка"}
    assert oldest.differences is None
