"""The reply: everything that one turn gives, in the shape that CI and others build on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pydantic import TypeAdapter


@dataclass(frozen=True)
class Citation:
    """A numbered place in a received document: `quote` is its text [start:end], in characters."""

    number: int
    document: str
    section: str
    quote: str
    start: int
    end: int


@dataclass(frozen=True)
class ShownSituation:
    """A recognised situation; `kind` is `situation` or `topic`, `confidence` is 0..1.

    `lead` opens a card that does not answer the question directly; None where it does.
    """

    id: str
    title: str
    kind: str
    confidence: float
    lead: str | None = None


@dataclass(frozen=True)
class Evidence:
    """Why a situation was recognised: words of the message, and the bank's nearest questions."""

    situation: str
    words: tuple[str, ...]
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Phrase:
    """What to say, word for word; phrases of one variant are said one after another."""

    text: str
    variant: int
    citation: int
    situation: str


@dataclass(frozen=True)
class Guidance:
    """A step or a prohibition with the number of its citation.

    `reading` names the trainer who signed a wording that its quote does not prove by itself, or is
    None. `answers` marks the line of a topic card that answers the question.
    """

    text: str
    citation: int
    situation: str
    reading: str | None = None
    answers: bool = False


@dataclass(frozen=True)
class Conflict:
    """Two places of the instruction that disagree, shown side by side and never blended."""

    text: str
    citations: tuple[int, ...]
    situation: str


@dataclass(frozen=True)
class Choice:
    """A situation offered to the operator."""

    id: str
    title: str


@dataclass(frozen=True)
class Emergency:
    """What the company says and does when somebody's life may be in danger.

    It comes from the trainers' file `danger/response.yaml`: the `number` to call, the `headline`,
    a smaller `note`, and further `lines`.
    """

    number: str
    headline: str
    note: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class AdviceSentence:
    """A sentence of the language model that the citations of the card prove."""

    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True)
class DroppedSentence:
    """A sentence of the language model that was not shown, and why; `detail` is the word at fault.

    Reasons: those of `coach.proving.verdict`.
    """

    text: str
    reason: str
    detail: str


@dataclass(frozen=True)
class Reply:
    """The answer to one message.

    `understood_as` is the message as it was repaired before it was recognised, or None when
    nothing was. `refusal` is None or the reason: `no_question`, `no_words`, `small_talk`,
    `danger`, `not_in_instruction`. A reply that is neither answered nor refused asks back: the
    operator picks one of `choices`. `advice` are the language model's sentences that the citations
    prove, None before a model was asked or when it failed; `dropped` are those that they do not.
    `danger` is None, `possible` (a banner above whatever else is shown) or `certain` (refusal
    `danger`; the operator's own card may stand under it); `emergency` is what to do about it, and
    `danger_dismissed` says that the operator tapped «это не опасность». `direct` is False when
    cards are shown that touch the question without answering it.
    """

    question: str
    understood_as: str | None
    answered: bool
    situations: tuple[ShownSituation, ...]
    evidence: tuple[Evidence, ...]
    say: tuple[Phrase, ...]
    do: tuple[Guidance, ...]
    avoid: tuple[Guidance, ...]
    conflicts: tuple[Conflict, ...]
    text: str
    citations: tuple[Citation, ...]
    choices: tuple[Choice, ...]
    refusal: str | None
    model: str | None
    advice: tuple[AdviceSentence, ...] | None
    dropped: tuple[DroppedSentence, ...]
    knowledge_version: str
    elapsed_ms: float
    danger: str | None = None
    danger_dismissed: bool = False
    emergency: Emergency | None = None
    direct: bool = True

    def to_json(self) -> dict[str, Any]:
        """The reply as plain data, ready for `json.dumps`."""
        return asdict(self)

    @property
    def is_sealed(self) -> bool:
        """Whether every step and prohibition is proven by its quote, not signed by a trainer."""
        return not any(line.reading for line in (*self.do, *self.avoid))

    def citation(self, number: int) -> Citation:
        """The citation of this number; raises StopIteration when there is none."""
        return next(one for one in self.citations if one.number == number)


def read_reply(row: Any) -> Reply:
    """Read a reply back from what `to_json` gave, by this version or another.

    Fields that this version does not know are left out; those that an earlier one did not write
    take their defaults. Raises ValueError when the row is no reply.
    """
    return _REPLY.validate_python(row)


_REPLY = TypeAdapter(Reply)
