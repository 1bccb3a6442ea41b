"""The decision: answer with one or two situations, ask back, or refuse."""

from __future__ import annotations

from dataclasses import dataclass

from coach.language.lemmas import words_of
from coach.settings import Settings
from coach.understanding.recognition import Grounds, Recognition

CHOICES = 3
NO_QUESTION, NO_WORDS = "no_question", "no_words"
SMALL_TALK, NOT_IN_INSTRUCTION, DANGER = "small_talk", "not_in_instruction", "danger"


@dataclass(frozen=True)
class Decision:
    """What to do: `situations` are shown when answered, otherwise only the likeliest guess.

    `refusal` is None or the reason; `choices` are situation ids to offer, best first. `grounds`
    say for each of `situations` why it is there.
    """

    answered: bool
    situations: tuple[tuple[str, float], ...]
    choices: tuple[str, ...]
    refusal: str | None
    grounds: tuple[Grounds, ...] = ()


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
    """Weigh the best situations against «the instruction does not answer».

    A refusal is for what is far from every situation; in doubt the coach asks back.
    """
    ranked = recognition.confidences
    nearest = tuple(name for name, _ in ranked[:CHOICES])
    best = ranked[0][1]
    if best >= settings.answer_threshold and best >= recognition.not_answered:
        is_second_sure = recognition.second >= settings.second_threshold
        second = [(name, recognition.second) for name, _ in ranked[1:2] if is_second_sure]
        shown = (ranked[0], *second)
        grounds = tuple(recognition.grounds(name) for name, _ in shown)
        return Decision(True, shown, (), None, grounds)
    is_far = best <= 1 - settings.refuse_threshold
    if is_far and recognition.not_answered >= settings.refuse_threshold:
        return Decision(False, (), nearest, NOT_IN_INSTRUCTION)
    grounds = (recognition.grounds(ranked[0][0]),)
    return Decision(False, ranked[:1], nearest, None, grounds)
