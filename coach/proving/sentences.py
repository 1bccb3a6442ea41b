"""A sentence read for its proof: citations, quotes, words with their clauses and polarity."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from coach.language.lemmas import (
    cases_of,
    fold,
    grammemes_of,
    is_function_word,
    lemma_of,
    marks_of,
    readings_of,
)

WORDS = Path(__file__).with_name("words.yaml")
CITATION = re.compile(r"\[(\d+(?:\s*[,;]\s*\d+)*)\]")
QUOTED = re.compile(r"«([^»]*)»|“([^”]*)”|\"([^\"]*)\"|„([^“]*)“")
TOKEN = re.compile(r"⟦\d+⟧|[0-9a-zа-я]+(?:-[0-9a-zа-я]+)*|[,;:.!?()…]|\s[–—-]\s")
BORDERS = frozenset(",;:.!?()…–—-")
NEAR_WORDS = 2
VERBAL = frozenset(("VERB", "INFN", "GRND", "PRTF", "PRTS", "PRED", "ADJS"))


@cache
def _lists() -> dict[str, Any]:
    lists: dict[str, Any] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return lists


@cache
def word_list(kind: str) -> frozenset[str]:
    """One of the lists of words.yaml."""
    return frozenset(fold(word) for word in _lists()[kind].split())


def phrase_acts() -> dict[str, str]:
    """What a phrase does, by a mark of its text."""
    acts: dict[str, str] = _lists()["acts"]
    return acts


def read_prohibition(act: str) -> str:
    """A prohibition as a sentence: «нельзя …», or the order that «… раньше, чем …» means."""
    words = fold(act)
    turns: dict[str, str] = _lists()["early_turns"]
    for mark, turn in turns.items():
        if mark in words:
            return words.replace(mark, turn)
    return f"{_lists()['forbidden']} {words}"


@dataclass(frozen=True)
class Token:
    """A word: its lemma, the clause and the part between marks that it stands in, its negation.

    `quote` is the number of the quoted fragment that it stands for, or None. `is_negated` says
    that an odd number of negations reach it, `is_near` that one of them clings to this very word.
    """

    word: str
    lemma: str
    clause: int
    part: int
    quote: int | None = None
    is_negated: bool = False
    is_near: bool = False

    @property
    def is_content(self) -> bool:
        """Whether it says something by itself."""
        return self.quote is None and not (
            is_function_word(self.word) or self.is_in("neutral") or self.is_in("people")
        )

    @property
    def readings(self) -> tuple[str, ...]:
        """The lemmas that it may have."""
        return readings_of(self.word) if self.word else ()

    def is_in(self, kind: str) -> bool:
        """Whether it stands in a list of words.yaml."""
        return self.word in word_list(kind) or not word_list(kind).isdisjoint(self.readings)

    @property
    def is_verbal(self) -> bool:
        """Whether it is a verb, a participle or another predicate."""
        return not VERBAL.isdisjoint(grammemes_of(self.word))

    @property
    def is_caller(self) -> bool:
        """Whether it names the caller as the one who acts."""
        is_named = (
            self.is_in("callers") or self.is_in("people") or self.word in word_list("pronouns")
        )
        return is_named and ("nomn" in cases_of(self.word))

    @property
    def is_told(self) -> bool:
        """Whether it is what somebody else does: «хочет», «требует»."""
        return {"VERB", "3per"} <= grammemes_of(self.word) and not self.is_in("to_be")

    @property
    def is_imperative(self) -> bool:
        return "impr" in grammemes_of(self.word)

    @property
    def may_order(self) -> bool:
        """Whether it may be an imperative: «попросите» is one, or what somebody will do."""
        return "impr" in marks_of(self.word)

    @property
    def is_infinitive(self) -> bool:
        return "INFN" in grammemes_of(self.word)


def says_something(lemma: str) -> bool:
    """Whether a lemma makes a claim: neither a function word nor a neutral one."""
    return Token(lemma, lemma, 0, 0).is_content


@dataclass(frozen=True)
class Sentence:
    """What a model wrote: numbers that it cites, fragments in quotation marks, all other words."""

    text: str
    citations: tuple[int, ...]
    quotes: tuple[str, ...]
    tokens: tuple[Token, ...]

    @property
    def lemmas(self) -> list[str]:
        return [token.lemma for token in self.tokens]


def parse_sentence(sentence: str) -> Sentence:
    """Read a sentence of a model."""
    numbers = [int(n) for marks in CITATION.findall(sentence) for n in re.split(r"\D+", marks)]
    quotes: list[str] = []

    def keep(found: re.Match[str]) -> str:
        fragment = next(group for group in found.groups() if group is not None)
        if len(fragment.split()) < 2:
            return f" {fragment} "
        quotes.append(fragment)
        return f" ⟦{len(quotes) - 1}⟧ "

    rest = QUOTED.sub(keep, CITATION.sub(" ", sentence))
    return Sentence(sentence, tuple(dict.fromkeys(numbers)), tuple(quotes), read_tokens(rest))


def read_tokens(words: str) -> tuple[Token, ...]:
    """Read words with clauses (at marks and conjunctions), parts (at marks), and polarity."""
    tokens: list[Token] = []
    clause = part = 0
    for found in TOKEN.findall(f" {fold(words)} "):
        if found.strip() in BORDERS:
            clause, part = clause + 1, part + 1
            continue
        if found in word_list("joints"):
            clause += 1
        if found.startswith("⟦"):
            tokens.append(Token("", "", clause, part, quote=int(found[1:-1])))
            continue
        tokens += [Token(one, lemma_of(one), clause, part) for one in found.split("-")]
    return negate(tokens)


def negate(tokens: Sequence[Token], inside: Sequence[int] = ()) -> tuple[Token, ...]:
    """Mark the tokens that an odd number of negations reach.

    The negations at the places `inside` are left out: they are parts of one expression.
    """
    counts = [0] * len(tokens)
    near = [False] * len(tokens)
    for place, token in enumerate(tokens):
        if place not in inside:
            reached, is_near = _reach(tokens, place, token)
            for one in reached:
                counts[one] += 1
                near[one] = near[one] or is_near
    return tuple(
        replace(token, is_negated=count % 2 == 1, is_near=is_near)
        for token, count, is_near in zip(tokens, counts, near, strict=True)
    )


def _reach(tokens: Sequence[Token], place: int, token: Token) -> tuple[list[int], bool]:
    """The places that a negation at this place reaches, and whether it clings to its word."""
    clause = [n for n, one in enumerate(tokens) if one.clause == token.clause and n != place]
    right = [n for n in clause if n > place]
    content = [n for n in right if tokens[n].is_content]
    if token.is_in("negators_near"):
        left = [n for n in clause if n < place and tokens[n].is_content]
        return content[:NEAR_WORDS] or left[-NEAR_WORDS:], True
    is_right, is_whole = token.is_in("negators_right"), token.is_in("negators_whole")
    if not (is_right or is_whole) or _is_no_negation(tokens, place, clause):
        return [], False
    following = tokens[place + 1] if place + 1 < len(tokens) else token
    is_modal = is_whole or following.is_in("modals")
    is_pointing = any(tokens[n].is_in("pointing") for n in clause)
    says_nothing = not any(tokens[n].is_content and not tokens[n].is_in("modals") for n in clause)
    if is_modal and says_nothing and not is_pointing and place:
        return list(range(place)), False
    if token.is_in("absence"):
        return [n for n in clause if _is_absent(tokens, n)], False
    if is_whole or following.is_in("modals"):
        return clause, False
    if following.is_verbal:
        return right, False
    return content[:1], True


def _is_absent(tokens: Sequence[Token], place: int) -> bool:
    """Whether «нет» denies this word: a noun in the genitive without a preposition, or an act."""
    before = tokens[place - 1].word if place else ""
    is_placed = "PREP" in grammemes_of(before) if before else False
    token = tokens[place]
    return token.is_verbal or ("gent" in cases_of(token.word) and not is_placed)


def _is_no_negation(tokens: Sequence[Token], place: int, clause: Sequence[int]) -> bool:
    """«нет ли», «пока не», an answering «нет,»: words of negation that negate nothing."""
    is_answer = place == 0 and not clause
    part = [one for one in tokens if one.part == tokens[place].part]
    before = tokens[:place]
    following = tokens[place + 1].word if place + 1 < len(tokens) else ""
    is_unless = any(one.is_in("not") for one in before) and "GRND" in grammemes_of(following)
    return (
        is_answer
        or any(one.is_in("whether") for one in part)
        or any(one.is_in("until") for one in before)
        or is_unless
    )
