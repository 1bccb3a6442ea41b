"""The history of the knowledge: what trainers changed, and the versions that were served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from coach.archive.archive import Archive
from coach.archive.tables import LessonRow, VersionRow, now


@dataclass(frozen=True)
class Lesson:
    """What a trainer published: a question that was taught, or a file that was edited.

    `path` is the file in the knowledge folder; `before` and `after` are the words of an edited
    one, empty for a taught question. `is_undone` says that it was taken back.
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


@dataclass(frozen=True)
class ServedVersion:
    """A version of the knowledge and since when it was served.

    `differences` are the unified diffs to the version before it by file; None where it is unknown.
    """

    version: str
    at: datetime
    differences: Mapping[str, str] | None


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

    def lessons(self, limit: int) -> list[Lesson]:
        """The last lessons, newest first; those that were undone too."""
        query = select(LessonRow).order_by(LessonRow.id.desc()).limit(limit)
        with self._archive.session() as session:
            return [_read_lesson(row) for row in session.scalars(query)]

    def lessons_after(self, version: str) -> list[Lesson]:
        """The lessons published since the knowledge was at a version, oldest first."""
        with self._archive.session() as session:
            last = select(LessonRow.id).where(LessonRow.version_before == version)
            first = session.scalar(last.order_by(LessonRow.id.desc()).limit(1))
            if first is None:
                return []
            query = select(LessonRow).where(LessonRow.id >= first).order_by(LessonRow.id)
            return [_read_lesson(row) for row in session.scalars(query)]

    def mark_undone(self, lesson: int) -> None:
        """Keep that a lesson was taken back."""
        with self._archive.session() as session:
            found = session.get(LessonRow, lesson)
            if found:
                found.undone_at = now()

    def last_version(self) -> str | None:
        """The version that was noted last, or None."""
        query = select(VersionRow.version).order_by(VersionRow.id.desc()).limit(1)
        with self._archive.session() as session:
            return session.scalar(query)

    def note_version(self, version: str, differences: Mapping[str, str] | None) -> None:
        """Keep that a version is served from now on, and how it differs from the one before."""
        kept = None if differences is None else dict(differences)
        with self._archive.session() as session:
            session.add(VersionRow(version=version, differences=kept))

    def versions(self, limit: int) -> Sequence[ServedVersion]:
        """The versions that were served, newest first."""
        query = select(VersionRow).order_by(VersionRow.id.desc()).limit(limit)
        with self._archive.session() as session:
            return [
                ServedVersion(row.version, row.at, row.differences)
                for row in session.scalars(query)
            ]


def _read_lesson(row: LessonRow) -> Lesson:
    return Lesson(
        row.id,
        row.trainer,
        row.at,
        row.situation,
        row.question,
        row.path,
        row.before,
        row.after,
        row.version_before,
        row.version_after,
        row.undone_at is not None,
    )
