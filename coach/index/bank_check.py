"""The bank check: questions of the same words that teach the coach different things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coach.index.near_duplicates import NearDuplicates
from coach.instruction.knowledge import Knowledge
from coach.instruction.questions import BankQuestion
from coach.language.lemmas import lemmas_of
from coach.texts import text

NEW = "new"


@dataclass(frozen=True)
class BankWarning:
    """Two questions of the same words: a contradiction when their situations differ."""

    question: BankQuestion
    earlier: BankQuestion

    @property
    def is_contradiction(self) -> bool:
        """Whether the two name different situations; otherwise one of them is superfluous."""
        return set(self.question.situation_ids) != set(self.earlier.situation_ids)


def check_bank(questions: Sequence[BankQuestion]) -> list[BankWarning]:
    """Return a warning for every question whose words an earlier question has, in bank order.

    Words are compared as sets of lemmas: case, order, endings and marks make no difference.
    """
    first: dict[frozenset[str], BankQuestion] = {}
    warnings = []
    for question in questions:
        earlier = first.setdefault(words_key(question.text), question)
        if earlier is not question:
            warnings.append(BankWarning(question, earlier))
    return warnings


def check_new(added: BankQuestion, knowledge: Knowledge) -> list[BankWarning]:
    """Return the warnings of a question that is about to join the bank."""
    warnings = check_bank([*knowledge.questions, added])
    return [one for one in warnings if one.question is added]


def find_similar(added: BankQuestion, knowledge: Knowledge) -> list[BankQuestion]:
    """The bank's near-duplicates of a question that teach something else in other words."""
    bank = knowledge.questions
    near = NearDuplicates([added.text]).find([question.text for question in bank])
    return [
        question
        for question, numbers in zip(bank, near, strict=True)
        if numbers
        and set(question.situation_ids) != set(added.situation_ids)
        and words_key(question.text) != words_key(added.text)
    ]


def words_key(question: str) -> frozenset[str]:
    """The words of a question as they are compared."""
    return frozenset(lemmas_of(question))


def describe_warning(warning: BankWarning, knowledge: Knowledge) -> str:
    """One line that names both questions, both places and both situations."""
    key = "check.contradiction" if warning.is_contradiction else "check.repeated"
    return text(
        key,
        question=warning.question.text,
        place=text("check.new") if warning.question.place == NEW else warning.question.place,
        situation=titles_of(warning.question, knowledge),
        earlier=warning.earlier.text,
        earlier_place=warning.earlier.place,
        earlier_situation=titles_of(warning.earlier, knowledge),
    )


def titles_of(question: BankQuestion, knowledge: Knowledge) -> str:
    """The titles of a question's situations, as people read them."""
    return " + ".join(
        knowledge.situations[name].title if name in knowledge.situations else text(f"check.{name}")
        for name in question.situation_ids
    )
