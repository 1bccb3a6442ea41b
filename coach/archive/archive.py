"""The archive: keeps answers as they were first shown, and what people made of them.

SQLite by default, any other database by `COACH_DATABASE_URL`. Private data is masked before it is
written.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import RLock
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from coach.answering.reply import Reply
from coach.archive.database import BUSY_SECONDS, open_database
from coach.archive.hiding import hide_private
from coach.archive.needs import (
    OPINIONS,
    need_of,
    outcome_of,
)
from coach.archive.people import (
    KeptOperator,
    copy_person,
    forget_conversations,
    forget_person,
    read_people,
)
from coach.archive.queue import (
    KeptTurn,
    Queue,
    Wanted,
    count_queue,
    join_names,
    read_kept,
    read_latest,
    read_queue,
    read_turn,
)
from coach.archive.statistics import AskedTurn, read_asked
from coach.archive.tables import (
    Base,
    ConversationRow,
    SignalRow,
    TurnRow,
    VerdictRow,
    now,
)
from coach.archive.verdicts import write_verdict
from coach.errors import ArchiveError, GoneError, StaleError
from coach.language.lemmas import fold
from coach.privacy.masking import mask
from coach.texts import text


class Archive:
    """Everything that is kept; its methods may be called from any thread."""

    def __init__(self, url: str) -> None:
        self._engine = open_database(url)
        self._writing = RLock()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction that may write; raises StaleError or ArchiveError, not the database's."""
        with _in_words(), self._in_turn(), Session(self._engine) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One transaction that only reads: it waits for nobody who writes."""
        with _in_words(), Session(self._engine) as session:
            yield session

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Wait for those who write before; SQLite lets one write at a time, and is not fair."""
        if self._engine.dialect.name != "sqlite":
            yield
            return
        if not self._writing.acquire(timeout=BUSY_SECONDS):
            raise TimeoutError
        try:
            yield
        finally:
            self._writing.release()

    def try_out(self) -> None:
        """Read a row of every table, and write nothing into one; ArchiveError when it cannot be."""
        with self.reading() as session:
            for table in Base.metadata.sorted_tables:
                session.execute(select(table).limit(1)).all()
        with self.session() as session:
            session.execute(delete(ConversationRow).where(ConversationRow.id == ""))

    def start(self, operator: str) -> str:
        """Begin a conversation; return its id."""
        name = uuid.uuid4().hex
        with self.session() as session:
            session.add(ConversationRow(id=name, operator=operator))
        return name

    def keep(self, conversation: str, reply: Reply, turn: int | None = None) -> int:
        """Keep an answer as it was shown, its private data masked; return its id.

        It follows the conversation's others, or replaces the answer `turn`: the model's words came
        later. Raises GoneError when the conversation was deleted meanwhile.
        """
        masked = hide_private(reply)
        values = _columns(masked)
        with self.session() as session:
            _lock(session, ConversationRow.id, ConversationRow.id == conversation)
            found = session.get(TurnRow, turn) if turn is not None else None
            if found is None or found.conversation_id != conversation:
                last = select(func.max(TurnRow.number)).where(
                    TurnRow.conversation_id == conversation
                )
                following = func.coalesce(last.scalar_subquery() + 1, 0)
                found = TurnRow(conversation_id=conversation, number=following, **values)
                session.add(found)
            else:
                for name, value in values.items():
                    setattr(found, name, value)
                session.flush()
                _weigh(session, found)
            session.flush()
            return found.id

    def conversation(self, name: str, operator: str) -> dict[int, Reply]:
        """The replies of an operator's own conversation by id, oldest first; none of another's.

        Those that cannot be read are left out.
        """
        with self.reading() as session:
            rows = session.scalars(
                select(TurnRow)
                .join(ConversationRow)
                .where(ConversationRow.id == name, ConversationRow.operator == operator)
                .order_by(TurnRow.number)
            )
            replies = {row.id: read_kept(row) for row in rows}
            return {turn: reply for turn, reply in replies.items() if reply}

    def signal(
        self, turn: int, kind: str, situation: str = "", conversation: str | None = None
    ) -> None:
        """Keep what an operator made of an answer; a new opinion replaces the one before.

        What was copied or opened again counts once. Raises GoneError when the answer was deleted
        meanwhile, or is not of the conversation: a database may give the number anew.
        """
        replaced = OPINIONS if kind in OPINIONS else (kind,)
        wanted = [TurnRow.id == turn]
        if conversation is not None:
            wanted.append(TurnRow.conversation_id == conversation)
        with self.session() as session:
            _lock(session, TurnRow.id, *wanted)  # of two that come at once the later one counts
            session.execute(
                delete(SignalRow).where(SignalRow.turn_id == turn, SignalRow.kind.in_(replaced))
            )
            session.add(SignalRow(turn_id=turn, kind=kind, situation=situation))
            session.flush()
            _weigh(session, session.get_one(TurnRow, turn))

    def judge(self, turn: int, value: str, note: str, trainer: str, seen_revision: int) -> None:
        """Keep a trainer's verdict, private data in its note masked.

        Raises StaleError when another trainer judged it after `seen_revision`: nothing is lost.
        """
        kept = mask([note])[0].text
        values = {"value": value, "note": kept, "trainer": trainer, "at": now()}
        try:
            with self.session() as session:
                write_verdict(session, turn, seen_revision, values)
        except StaleError as error:
            with self.reading() as session:
                first = session.scalar(select(VerdictRow.trainer).where(VerdictRow.turn_id == turn))
            if not first:
                raise
            raise StaleError(text("archive.judged", trainer=first)) from error

    def queue(
        self,
        limit: int,
        judged: bool = False,
        words: str = "",
        situation: str = "",
        kind: str = "",
    ) -> list[KeptTurn]:
        """The answers that trainers have judged or not yet, those in need most first."""
        return self.read_queue(limit, Wanted(judged, words, situation, kind)).turns

    def read_queue(self, limit: int, wanted: Wanted) -> Queue:
        """The wanted answers, those in need most first, and what there is besides them."""
        with self.reading() as session:
            return read_queue(session, limit, wanted)

    def queue_length(
        self, judged: bool = False, words: str = "", situation: str = "", kind: str = ""
    ) -> int:
        """How many answers the queue would give without a limit."""
        with self.reading() as session:
            return count_queue(session, Wanted(judged, words, situation, kind))

    def latest_questions(self, limit: int) -> list[str]:
        """What was asked last, each question once, the latest first."""
        with self.reading() as session:
            return read_latest(session, limit)

    def kept(self, turn: int) -> KeptTurn | None:
        """One answer, judged or not; None when it is gone or cannot be read."""
        with self.reading() as session:
            row = session.get(TurnRow, turn)
            return read_turn(row) if row else None

    def asked_since(self, moment: datetime) -> list[AskedTurn]:
        """What was asked since a moment, oldest first, in few words."""
        with self.reading() as session:
            return read_asked(session, moment, OPINIONS)

    def operators(self) -> list[KeptOperator]:
        """Everybody of whom something is kept, by name; trainers too."""
        with self.reading() as session:
            return read_people(session)

    def export(self, operator: str) -> list[dict[str, Any]]:
        """Everything that is kept of one operator, as plain data; as a trainer too."""
        with self.reading() as session:
            return list(copy_person(session, operator))

    def forget(self, operator: str) -> int:
        """Delete everything that is kept of one operator; return how many conversations.

        Verdicts and lessons stay without the name.
        """
        with self.session() as session:
            return forget_person(session, operator)

    def forget_older(self, days: int) -> int:
        """Delete conversations whose last answer is older than so many days; return how many."""
        past = now() - timedelta(days=days)
        is_live = ConversationRow.turns.any(TurnRow.asked_at >= past)
        with self.session() as session:
            return forget_conversations(session, ConversationRow.started_at < past, ~is_live)


def _lock(session: Session, column: Any, *wanted: ColumnElement[bool]) -> None:
    """Hold a row against its deletion; raise GoneError when there is none."""
    row = select(column).where(*wanted).with_for_update(key_share=True)
    if session.execute(row).first() is None:
        raise GoneError(text("archive.gone"))


@contextmanager
def _in_words() -> Iterator[None]:
    """Raise StaleError or ArchiveError instead of the database's own errors."""
    try:
        yield
    except IntegrityError as error:
        raise StaleError(text("archive.stale")) from error
    except (SQLAlchemyError, TimeoutError) as error:
        raise ArchiveError(text("archive.failed", fault=type(error).__name__)) from error


def _columns(masked: Reply) -> dict[str, Any]:
    return {
        "question": masked.question,
        "reply": masked.to_json(),
        "outcome": outcome_of(masked),
        "knowledge_version": masked.knowledge_version,
        "need": need_of(masked),
        "folded": fold(masked.question),
        "situations": join_names(one.id for one in masked.situations),
        "nearest": next((one.id for one in masked.choices), ""),
        "is_dropped": bool(masked.dropped),
        "danger": masked.danger or "",
    }


def _weigh(session: Session, row: TurnRow) -> None:
    """Set an answer's need anew: something else is said of it, or it is another reply."""
    said = session.scalars(select(SignalRow.kind).where(SignalRow.turn_id == row.id))
    reply = read_kept(row)
    if reply:
        row.need = need_of(reply, said)
