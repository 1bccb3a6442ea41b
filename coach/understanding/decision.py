"""The decision: answer with one or two situations, ask back, or refuse."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from coach.language.lemmas import grammemes_of, lemmas_of, words_of
from coach.settings import Settings
from coach.understanding.recognition import Grounds, Recognition

CHOICES = 3
NO_QUESTION, NO_WORDS = "no_question", "no_words"
SMALL_TALK, NOT_IN_INSTRUCTION, DANGER = "small_talk", "not_in_instruction", "danger"
ALWAYS, OF_OTHERS, UNLESS_ANSWERED = "always", "of_others", "unless_answered"
NEAR = 2
SIGNS = Path(__file__).with_name("danger.yaml")


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


@cache
def _lines(kind: str) -> list[str]:
    lines: dict[str, list[str]] = yaml.safe_load(SIGNS.read_text(encoding="utf-8"))
    return lines[kind]


@cache
def _signs(kind: str) -> list[frozenset[str]]:
    return [frozenset(line.split()) for line in _lines(kind)]


def is_danger(message: str, kind: str = ALWAYS) -> bool:
    """Whether a message holds a sign of danger to somebody's life, of one kind of danger.yaml."""
    words, lemmas = words_of(message), lemmas_of(message)
    said = {*words, *lemmas}
    held = [sign for sign in _signs(kind) if sign <= said]
    if kind != OF_OTHERS or not held:
        return bool(held)
    if any(map(_is_of_oneself, words)):
        return False
    people = [n for n, lemma in enumerate(lemmas) if lemma in _lines("people")]
    return any(
        abs(here - there) <= NEAR
        for sign in held
        for here, lemma in enumerate(lemmas)
        if {lemma, words[here]} & sign
        for there in people
    )


def _is_of_oneself(word: str) -> bool:
    """Whether a word is «я», «мне» or a verb in the first person."""
    return "1per" in grammemes_of(word)


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
    if is_danger(recognition.question) or is_danger(recognition.question, OF_OTHERS):
        return Decision(False, (), nearest, DANGER)
    if best >= settings.answer_threshold and best >= recognition.not_answered:
        is_second_sure = recognition.second >= settings.second_threshold
        second = [(name, recognition.second) for name, _ in ranked[1:2] if is_second_sure]
        shown = (ranked[0], *second)
        grounds = tuple(recognition.grounds(name) for name, _ in shown)
        return Decision(True, shown, (), None, grounds)
    if is_danger(recognition.question, UNLESS_ANSWERED):
        return Decision(False, (), nearest, DANGER)
    if recognition.not_answered >= max(best, settings.refuse_threshold):
        return Decision(False, (), nearest, NOT_IN_INSTRUCTION)
    grounds = (recognition.grounds(ranked[0][0]),)
    return Decision(False, ranked[:1], nearest, None, grounds)
