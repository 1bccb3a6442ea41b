"""The history of the knowledge: what trainers changed, and the versions that were served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from coach.archive.archive import Archive
from coach.archive.tables import LessonRow, VersionRow, in_utc, now


@dataclass(frozen=True)
class Lesson:
    """What a trainer published: a question that was taught, or a file that was edited.

    `path` is the file in the knowledge folder; `before` and `after` are the words of an edited
    one, empty for a taught question. `is_undone` says that it was taken back, `undone_by` by whom.
    """

    id: int
    trainer: str
    at: datetime
    situation: str
    question: str
    path: str
    before: str
    after: str
    version_before: str
    version_after: str
    is_undone: bool
    undone_by: str


@dataclass(frozen=True)
class Event:
    """A lesson that was published or, where `is_undo`, taken back: by whom, between which versions.

    The version before an undo is empty where none was noted.
    """

    lesson: Lesson
    is_undo: bool
    trainer: str
    at: datetime
    version_before: str
    version_after: str


@dataclass(frozen=True)
class ServedVersion:
    """A version of the knowledge and since when it was served.

    `differences` are the unified diffs to the version before it by file; None where it is unknown.
    `event` is what led to it, None where the files were changed past the pages.
    """

    version: str
    at: datetime
    differences: Mapping[str, str] | None
    event: Event | None


class History:
    """The lessons and versions of an archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def add_lesson(
        self,
        trainer: str,
        situation: str,
        versions: tuple[str, str],
        *,
        question: str = "",
        path: str = "",
        before: str = "",
        after: str = "",
    ) -> int:
        """Keep what was published between two versions; return the lesson's id."""
        lesson = LessonRow(
            trainer=trainer,
            question=question,
            situation=situation,
            path=path,
            before=before,
            after=after,
            version_before=versions[0],
            version_after=versions[1],
        )
        with self._archive.session() as session:
            session.add(lesson)
            session.flush()
            return lesson.id

    def lessons(self, limit: int, *, standing: bool = False) -> list[Lesson]:
        """The last lessons, newest first; those that were undone too, unless only the `standing`.

        The limit counts those that are given.
        """
        query = select(LessonRow).order_by(LessonRow.id.desc()).limit(limit)
        if standing:
            query = query.where(LessonRow.undone_at.is_(None))
        with self._archive.reading() as session:
            return [_read_lesson(row) for row in session.scalars(query)]

    def lessons_after(self, version: str) -> list[Lesson]:
        """The lessons published or undone since the knowledge was at a version, oldest first."""
        with self._archive.reading() as session:
            events = _read_events(session)
        left = [place for place, one in enumerate(events) if one.version_before == version]
        came = [place + 1 for place, one in enumerate(events) if one.version_after == version]
        since = max([*left, *came], default=len(events))
        return list(dict.fromkeys(one.lesson for one in events[since:]))

    def mark_undone(self, lesson: int, trainer: str, version: str) -> None:
        """Keep that a trainer took a lesson back, and which version came of it."""
        before = select(VersionRow.version).where(VersionRow.version != version)
        with self._archive.session() as session:
            found = session.get(LessonRow, lesson)
            if found:
                last = session.scalar(before.order_by(VersionRow.id.desc()).limit(1))
                found.undone_at, found.undone_by = now(), trainer
                found.undone_before, found.undone_after = last or "", version

    def last_version(self) -> str | None:
        """The version that was noted last, or None."""
        query = select(VersionRow.version).order_by(VersionRow.id.desc()).limit(1)
        with self._archive.reading() as session:
            return session.scalar(query)

    def note_version(self, version: str, differences: Mapping[str, str] | None) -> None:
        """Keep that a version is served from now on, and how it differs from the one before."""
        kept = None if differences is None else dict(differences)
        with self._archive.session() as session:
            session.add(VersionRow(version=version, differences=kept))

    def versions(self, limit: int) -> Sequence[ServedVersion]:
        """The versions that were served, newest first."""
        query = select(VersionRow).order_by(VersionRow.id.desc()).limit(limit + 1)
        with self._archive.reading() as session:
            rows, events = session.scalars(query).all(), _read_events(session)
            times = [datetime.max.replace(tzinfo=UTC), *(in_utc(row.at) for row in rows)]
            times.append(datetime.min.replace(tzinfo=UTC))
            served = [
                ServedVersion(
                    row.version,
                    in_utc(row.at),
                    row.differences,
                    _led_to(row.version, times[place + 2], times[place], events),
                )
                for place, row in enumerate(rows)
            ]
        return served[:limit]


def _led_to(version: str, since: datetime, until: datetime, events: list[Event]) -> Event | None:
    """The last event that gave a version between the noting of those before and after it.

    Another page may note a version shortly before its lesson is kept.
    """
    fitting = [one for one in events if one.version_after == version and since < one.at < until]
    return fitting[-1] if fitting else None


def _read_events(session: Session) -> list[Event]:
    """Everything that was published and taken back, oldest first."""
    events = []
    for row in session.scalars(select(LessonRow).order_by(LessonRow.id)):
        lesson = _read_lesson(row)
        versions = lesson.version_before, lesson.version_after
        events.append(Event(lesson, False, lesson.trainer, lesson.at, *versions))
        if row.undone_at:
            versions = row.undone_before, row.undone_after
            events.append(Event(lesson, True, row.undone_by, in_utc(row.undone_at), *versions))
    return sorted(events, key=lambda one: one.at)


def _read_lesson(row: LessonRow) -> Lesson:
    return Lesson(
        row.id,
        row.trainer,
        in_utc(row.at),
        row.situation,
        row.question,
        row.path,
        row.before,
        row.after,
        row.version_before,
        row.version_after,
        row.undone_at is not None,
        row.undone_by,
    )
