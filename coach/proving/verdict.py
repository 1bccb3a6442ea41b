"""The verdict on a sentence of a model, and the reasons for which it may be dropped."""

from __future__ import annotations

from dataclasses import dataclass

NO_CITATION, UNKNOWN_CITATION = "no_citation", "unknown_citation"
NOT_RUSSIAN, CHANGED_QUOTE, NUMBER = "not_russian", "changed_quote", "number"
UNSUPPORTED, POLARITY, ORDER = "unsupported", "polarity", "order"
ACTOR, IDLE_CITATION, NOTHING_SAID = "actor", "idle_citation", "nothing_said"
TOO_LONG, NOT_ENTAILED, NOT_ADDRESSED = "too_long", "not_entailed", "not_addressed"
BAD_FORM = "bad_form"
CONDITION = "condition"  # of a card's line: the quote says it on a condition alone


@dataclass(frozen=True)
class Verdict:
    """Whether a sentence is proven; `reason` is None or why not, `detail` the word at fault."""

    reason: str | None = None
    detail: str = ""

    @property
    def is_proven(self) -> bool:
        """Whether the sentence may be shown."""
        return self.reason is None
