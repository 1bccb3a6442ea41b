"""The trainer's check: what is wrong with the knowledge, and what a new question would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from coach.assembly import build_coach, report_nothing
from coach.errors import SettingsError
from coach.index.bank_check import NEW, check_bank, check_new, describe_warning
from coach.instruction.knowledge import load_knowledge
from coach.instruction.questions import FOLLOW_UP, NOT_ANSWERED, BankQuestion
from coach.settings import Settings
from coach.texts import text


def check_knowledge(settings: Settings) -> tuple[list[str], bool]:
    """Return lines about the bank, and whether it is free of contradictions.

    Raises KnowledgeError with every slip when the folder has any.
    """
    knowledge = load_knowledge(settings.knowledge)
    warnings = check_bank(knowledge.questions)
    contradictions = [one for one in warnings if one.is_contradiction]
    lines = [describe_warning(one, knowledge) for one in warnings]
    count = len(knowledge.questions)
    repeated = len(warnings) - len(contradictions)
    lines.append(
        text("check.bank", questions=count, contradictions=len(contradictions), repeated=repeated)
    )
    return lines, not contradictions


def check_new_question(
    question: str, situation_ids: Sequence[str], settings: Settings
) -> tuple[list[str], bool]:
    """Return lines about a question that a trainer is about to add, and whether it may be.

    Raises SettingsError when there is no such situation.
    """
    knowledge = load_knowledge(settings.knowledge)
    for name in situation_ids:
        if name not in knowledge.situations and name not in (NOT_ANSWERED, FOLLOW_UP):
            known = ", ".join([*knowledge.situations, NOT_ANSWERED, FOLLOW_UP])
            raise SettingsError(text("check.unknown", name=name, known=known))
    added = BankQuestion(question, tuple(situation_ids), place=NEW)
    found = check_new(added, knowledge)
    lines = [describe_warning(one, knowledge) for one in found]
    lines += _describe_reply(question, settings)
    if not found:
        lines.append(text("check.may_add"))
    return lines, not any(one.is_contradiction for one in found)


def _describe_reply(question: str, settings: Settings) -> Iterator[str]:
    reply = build_coach(settings, report=report_nothing).reply([], question)
    if reply.answered:
        titles = ", ".join(f"{one.title} ({one.confidence:.2f})" for one in reply.situations)
        yield text("check.answers_now", titles=titles)
    elif reply.refusal:
        yield text("check.refuses_now")
    else:
        yield text("check.asks_now", titles=", ".join(one.title for one in reply.choices))
    for one in reply.evidence:
        if one.questions:
            yield text("check.near", questions="; ".join(f"«{near}»" for near in one.questions))
