"""The decision: answer with one or two situations, ask back, or refuse."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from coach.language.lemmas import lemmas_of, words_of
from coach.settings import Settings
from coach.understanding.recognition import Recognition

CHOICES = 3
NO_QUESTION, NO_WORDS = "no_question", "no_words"
SMALL_TALK, NOT_IN_INSTRUCTION, DANGER = "small_talk", "not_in_instruction", "danger"
SIGNS = Path(__file__).with_name("danger.yaml")


@dataclass(frozen=True)
class Decision:
    """What to do: `situations` are shown when answered, otherwise only the likeliest guess.

    `refusal` is None or the reason; `choices` are situation ids to offer, best first.
    """

    answered: bool
    situations: tuple[tuple[str, float], ...]
    choices: tuple[str, ...]
    refusal: str | None


@cache
def _signs() -> list[frozenset[str]]:
    lines: list[str] = yaml.safe_load(SIGNS.read_text(encoding="utf-8"))
    return [frozenset(line.split()) for line in lines]


def is_danger(message: str) -> bool:
    """Whether a message holds a sign of danger to somebody's life."""
    lemmas = set(lemmas_of(message)) | set(words_of(message))
    return any(sign <= lemmas for sign in _signs())


def refuse_unreadable(question: str) -> Decision | None:
    """Refuse what holds no words before anything is searched; None when there are some."""
    if words_of(question):
        return None
    reason = NO_WORDS if question.strip() else NO_QUESTION
    return Decision(False, (), (), reason)


def small_talk() -> Decision:
    """Thanks and greetings: no card, no search, the topic stays."""
    return Decision(False, (), (), SMALL_TALK)


def decide(recognition: Recognition, settings: Settings) -> Decision:
    """Weigh the best situations against «the instruction does not answer»."""
    ranked = recognition.confidences
    nearest = tuple(name for name, _ in ranked[:CHOICES])
    best = ranked[0][1]
    if best >= settings.answer_threshold and best >= recognition.not_answered:
        second = [pair for pair in ranked[1:2] if pair[1] >= settings.second_threshold]
        return Decision(True, (ranked[0], *second), (), None)
    if is_danger(recognition.question):
        return Decision(False, (), nearest, DANGER)
    if recognition.not_answered >= max(best, settings.refuse_threshold):
        return Decision(False, (), nearest, NOT_IN_INSTRUCTION)
    return Decision(False, ranked[:1], nearest, None)
