"""Neutral changes of a question: other words around it, the same matter, so the same answer."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import yaml

from coach.language.lemmas import grammemes_of, lemmas_of, words_of
from eval.cases import DATA

PHRASES = DATA / "neutral.yaml"
WORD = re.compile(r"[^\W_]+")
SEVERAL_SENTENCES = re.compile(r"[?«»\"“”„:;]|[.!…]+\s*\S")
ENDINGS = " .!…"
LONGEST_STATEMENT, LONGEST_ON_PHONE, LONGEST_TURNED = 10, 6, 3


def change_neutrally(question: str, chance: random.Random) -> str:
    """Change a question in one way that means nothing, chosen among those that fit it."""
    fitting = [changed for change in CHANGES if (changed := change(question, chance))]
    return chance.choice(fitting)


@cache
def _phrases() -> dict[str, Any]:
    phrases: dict[str, Any] = yaml.safe_load(PHRASES.read_text(encoding="utf-8"))
    return phrases


def _pick(kind: str, chance: random.Random) -> str:
    return str(chance.choice(_phrases()[kind]))


def _is_finite(word: str) -> bool:
    marks = grammemes_of(word)
    return {"VERB", "indc"} <= marks and bool(marks & {"3per", "past"})


def _is_statement(question: str) -> bool:
    """Whether a message is one short sentence: what somebody does or did, or how they are."""
    words = words_of(question)
    return (
        not SEVERAL_SENTENCES.search(question)
        and len(words) <= LONGEST_STATEMENT
        and not set(words) & set(_phrases()["interrogative"])
        and not any("impr" in grammemes_of(word) for word in words)
        and (any(map(_is_finite, words)) or bool(set(words) & set(_phrases()["gradable"])))
    )


def _is_plain_clause(question: str) -> bool:
    """Whether a statement has one verb and no comma: what is put behind it belongs to the verb."""
    is_one = sum(map(_is_finite, words_of(question))) == 1 and "," not in question
    return is_one and _is_statement(question)


def greet(question: str, chance: random.Random) -> str | None:
    """Put a greeting before it."""
    return f"{_pick('greetings', chance)}, {question}"


def request(question: str, chance: random.Random) -> str | None:
    """Put «tell me» before what is no order itself."""
    if any("impr" in grammemes_of(word) for word in words_of(question)):
        return None
    return f"{_pick('requests', chance)}, {question}"


def ask_behind(question: str, chance: random.Random) -> str | None:
    """Ask behind a statement what to do."""
    if not _is_statement(question):
        return None
    return f"{question.rstrip(ENDINGS)}, {_pick('asking', chance)}"


def strengthen(question: str, chance: random.Random) -> str | None:
    """Put «very» or «too» before a manner that opens the message or follows a verb or a person."""
    before = ""
    for match in WORD.finditer(question):
        follows = not before or bool(grammemes_of(before) & {"VERB", "NOUN", "NPRO"})
        if follows and match[0].lower() in _phrases()["gradable"]:
            degree = _pick("degrees", chance)
            return f"{question[: match.start()]}{degree} {question[match.start() :]}"
        (before,) = words_of(match[0]) or [""]
    return None


def repeat_it(question: str, chance: random.Random) -> str | None:
    """Say that it happens again."""
    again = _phrases()["again"]
    if not _is_statement(question) or set(again) & set(words_of(question)):
        return None
    return f"{_pick('again', chance)} {question}"


def date_it(question: str, chance: random.Random) -> str | None:
    """Say that it happens today."""
    return f"{_pick('days', chance)} {question}" if _is_statement(question) else None


def time_it(question: str, chance: random.Random) -> str | None:
    """Say for how long somebody has been doing it."""
    is_going_on = any("pres" in grammemes_of(word) for word in words_of(question))
    if not _is_plain_clause(question) or not is_going_on:
        return None
    return f"{question.rstrip(ENDINGS)} {_pick('durations', chance)}"


def name_channel(question: str, chance: random.Random) -> str | None:
    """Say that it happens on the phone."""
    channel = _pick("channels", chance)
    is_named = set(lemmas_of(channel)) <= {*lemmas_of(question), *words_of(channel)[:1]}
    if not _is_plain_clause(question) or len(words_of(question)) > LONGEST_ON_PHONE or is_named:
        return None
    return f"{question.rstrip(ENDINGS)} {channel}"


def exchange_caller(question: str, chance: random.Random) -> str | None:
    """Name the caller by another word of the same gender; the sentence stays in agreement."""
    found = _find_caller(question)
    if found is None or found[0][0].lower() in _phrases()["participles"]:
        return None
    match, gender = found
    others = [word for word in _phrases()["callers"][gender] if word != match[0].lower()]
    if not _may_be_pronoun(question, match):
        others = [word for word in others if word not in _phrases()["pronouns"]]
    caller = chance.choice(others)
    caller = caller.capitalize() if match[0][0].isupper() else caller
    return f"{question[: match.start()]}{caller}{question[match.end() :]}"


def _find_caller(question: str) -> tuple[re.Match[str], str] | None:
    """The only word for the caller in the nominative, and its gender; None where there are more."""
    found = [
        (match, gender)
        for match in WORD.finditer(question)
        for gender, callers in _phrases()["callers"].items()
        if match[0].lower() in callers
    ]
    return found[0] if len(found) == 1 else None


def _may_be_pronoun(question: str, match: re.Match[str]) -> bool:
    """Whether no attribute, apposition or clause belongs to the word."""
    before, after = words_of(question[: match.start()]), words_of(question[match.end() :])
    is_described = before and bool(grammemes_of(before[-1]) & {"nomn", "ADJF", "PRTF", "NUMR"})
    is_continued = after and bool(grammemes_of(after[0]) & {"NOUN", "ADJF", "PRTF", "UNKN", "PREP"})
    is_closed = question[match.end() :].lstrip().startswith(",")
    return not (is_described or is_continued or is_closed)


def identify(question: str, chance: random.Random) -> str | None:
    """Put the caller's name or number behind a statement."""
    if not _is_statement(question):
        return None
    found = _find_caller(question)
    people = _phrases()["people"][found[1]] if found else []
    person = chance.choice([*people, *_phrases()["numbers"]])
    return f"{question.rstrip(ENDINGS)}, {person}"


def turn_order(question: str, chance: random.Random) -> str | None:
    """Exchange the subject and its verb, neighbours in a statement of two or three words."""
    matches = list(WORD.finditer(question))
    described = [word for word in words_of(question) if grammemes_of(word) & {"nomn", "ADJF"}]
    if not _is_statement(question) or len(matches) > LONGEST_TURNED or len(described) > 1:
        return None
    for first, second in itertools.pairwise(matches):
        words = words_of(first[0] + " " + second[0])
        if len(words) == 2 and any(
            _is_subject(subject) and _is_finite(verb) for subject, verb in (words, words[::-1])
        ):
            turned = f"{second[0]}{question[first.end() : second.start()]}{first[0]}"
            return f"{question[: first.start()]}{turned}{question[second.end() :]}"
    return None


def _is_subject(word: str) -> bool:
    marks = grammemes_of(word)
    return "nomn" in marks and ("NPRO" in marks or {"NOUN", "anim"} <= marks)


CHANGES: tuple[Callable[[str, random.Random], str | None], ...] = (
    greet,
    request,
    ask_behind,
    strengthen,
    repeat_it,
    date_it,
    time_it,
    name_channel,
    exchange_caller,
    identify,
    turn_order,
)
