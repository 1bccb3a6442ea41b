"""The tables of the archive (SQLAlchemy); migrations make and change them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

ID_CHARS, NAME_CHARS, KIND_CHARS = 32, 120, 40


def now() -> datetime:
    """The present moment, with its zone."""
    return datetime.now(UTC)


def in_utc(moment: datetime) -> datetime:
    """A moment as it was kept: SQLite gives it back without its zone."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _export(moment: datetime) -> str:
    """A moment as other programs read it: ISO 8601 with its offset."""
    return in_utc(moment).isoformat()


class Base(DeclarativeBase):
    """The declarative base of all tables."""


class ConversationRow(Base):
    """A conversation of one operator."""

    __tablename__ = "conversations"

    id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    operator: Mapped[str] = mapped_column(String(NAME_CHARS), index=True)
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    turns: Mapped[list[TurnRow]] = relationship(
        back_populates="conversation", cascade="all, delete-orphan", order_by="TurnRow.number"
    )


class TurnRow(Base):
    """One answer as it was first shown; private data in it is masked.

    What it is looked for by stands beside the reply: `folded` is its question, `situations` are
    those shown, each between commas, `nearest` is the first choice that was offered, `danger` is
    `possible`, `certain` or empty.
    """

    __tablename__ = "turns"
    __table_args__ = (
        UniqueConstraint("conversation_id", "number"),
        Index("turns_need", "need", "asked_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    number: Mapped[int]
    question: Mapped[str] = mapped_column(Text)
    reply: Mapped[dict[str, Any]] = mapped_column(JSON)
    outcome: Mapped[str] = mapped_column(String(KIND_CHARS), index=True)
    knowledge_version: Mapped[str] = mapped_column(String(NAME_CHARS))
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, index=True)
    need: Mapped[int] = mapped_column(default=0)
    folded: Mapped[str] = mapped_column(Text, default="")
    situations: Mapped[str] = mapped_column(Text, default="")
    nearest: Mapped[str] = mapped_column(String(NAME_CHARS), default="")
    is_dropped: Mapped[bool] = mapped_column(default=False)
    danger: Mapped[str] = mapped_column(String(KIND_CHARS), default="", index=True)
    conversation: Mapped[ConversationRow] = relationship(back_populates="turns")
    signals: Mapped[list[SignalRow]] = relationship(
        cascade="all, delete-orphan", order_by="SignalRow.id"
    )
    verdict: Mapped[VerdictRow | None] = relationship(cascade="all, delete-orphan")

    def as_plain(self) -> dict[str, Any]:
        """The answer with what was made of it, as plain data."""
        signals = [
            {"kind": one.kind, "situation": one.situation, "at": _export(one.at)}
            for one in self.signals
        ]
        verdict = self.verdict and {"value": self.verdict.value, "note": self.verdict.note}
        return {
            "conversation": self.conversation_id,
            "asked_at": _export(self.asked_at),
            "reply": self.reply,
            "signals": signals,
            "verdict": verdict,
        }


class SignalRow(Base):
    """What an operator made of an answer: said it, or showed it by copying and opening."""

    __tablename__ = "signals"
    __table_args__ = (Index("signals_turn_kind", "turn_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    turn_id: Mapped[int] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(KIND_CHARS))
    situation: Mapped[str] = mapped_column(String(NAME_CHARS), default="")
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)


class VerdictRow(Base):
    """A trainer's verdict on an answer; `revision` grows with each change of it."""

    __tablename__ = "verdicts"

    turn_id: Mapped[int] = mapped_column(
        ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True
    )
    value: Mapped[str] = mapped_column(String(KIND_CHARS))
    note: Mapped[str] = mapped_column(Text, default="")
    trainer: Mapped[str] = mapped_column(String(NAME_CHARS))
    revision: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)

    def as_plain(self) -> dict[str, Any]:
        """The verdict as plain data, for whoever gave it."""
        return {
            "turn": self.turn_id,
            "value": self.value,
            "note": self.note,
            "at": _export(self.at),
        }


class LessonRow(Base):
    """What a trainer published: a taught question, or an edited file with its words.

    `undone_at` says when it was taken back, and the others by whom and between which versions.
    """

    __tablename__ = "lessons"

    id: Mapped[int] = mapped_column(primary_key=True)
    trainer: Mapped[str] = mapped_column(String(NAME_CHARS))
    question: Mapped[str] = mapped_column(Text)
    situation: Mapped[str] = mapped_column(String(NAME_CHARS))
    path: Mapped[str] = mapped_column(Text, default="")
    before: Mapped[str] = mapped_column(Text, default="")
    after: Mapped[str] = mapped_column(Text, default="")
    version_before: Mapped[str] = mapped_column(String(NAME_CHARS))
    version_after: Mapped[str] = mapped_column(String(NAME_CHARS))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), default=None)
    undone_by: Mapped[str] = mapped_column(String(NAME_CHARS), default="")
    undone_before: Mapped[str] = mapped_column(String(NAME_CHARS), default="")
    undone_after: Mapped[str] = mapped_column(String(NAME_CHARS), default="")

    def as_plain(self) -> dict[str, Any]:
        """The lesson as plain data, for whoever published it or took it back."""
        names = ("situation", "question", "path", "before", "after")
        at = {"at": _export(self.at), "undone_at": self.undone_at and _export(self.undone_at)}
        return {name: getattr(self, name) for name in names} | at


class VersionRow(Base):
    """A version of the knowledge that was served, with its differences to the one before."""

    __tablename__ = "versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(String(NAME_CHARS))
    differences: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
