"""A sentence read beside the passages that it cites."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from coach.language.lemmas import grammemes_of, words_of
from coach.proving.sentences import Sentence, Token
from coach.proving.sources import (
    DO,
    QUOTE,
    Evidence,
    Key,
    Keys,
    Source,
    is_same,
    keys_of,
    read_evidence,
)
from coach.proving.thesaurus import Thesaurus

OPENING = re.compile(r"\s[—–-]\s|:")


class Reading:
    """A sentence beside its cited sources: what the checks look at."""

    def __init__(
        self,
        sentence: Sentence,
        cited: Sequence[Source],
        asked: Iterable[Key],
        thesaurus: Thesaurus,
    ) -> None:
        self.sentence, self.cited = sentence, cited
        self.tokens = sentence.tokens
        self.keys = keys_of(sentence.tokens, thesaurus)
        self.evidence = read_evidence(cited, thesaurus)
        self.context = read_evidence(cited, thesaurus, context=True)
        self._asked = frozenset(asked)
        self.scenes = _find_scenes(sentence)

    def is_scene(self, token: Token) -> bool:
        """Whether a token stands in a part that tells the scene."""
        return token.part in self.scenes

    def is_asked(self, keys: Iterable[Key]) -> bool:
        """Whether the operator's message holds one of these keys."""
        return any(is_same(key, asked) for key in keys for asked in self._asked)

    def _place(self, token: Token) -> int:
        """Where this very token stands: the same word may stand twice in a part."""
        return next(place for place, one in enumerate(self.tokens) if one is token)

    def is_of_caller(self, token: Token) -> bool:
        """Whether a token is an adjective before a word for the caller: «рассерженный клиент»."""
        following = self.tokens[self._place(token) + 1 :][:1]
        is_adjective = not grammemes_of(token.word).isdisjoint(("ADJF", "PRTF"))
        return is_adjective and any(one.is_in("actors") or one.is_in("people") for one in following)

    def is_linked(self, token: Token) -> bool:
        """Whether a noun says on what occasion: «на оскорбления ответьте…»."""
        place = self._place(token)
        before = self.tokens[place - 1] if place else None
        return "NOUN" in grammemes_of(token.word) and before is not None and before.is_in("links")

    def is_told(self, token: Token) -> bool:
        """Whether a token tells what the operator described: a scene that opens the sentence."""
        opened = min(
            (one.part for one in self.tokens if one.is_imperative and one.part not in self.scenes),
            default=token.part,
        )
        is_condition = any(one.is_in("condition") for one in self.tokens if one.part == token.part)
        is_first = token.part <= opened or not is_condition
        part = [one for one in self.tokens if one.part == token.part]
        if any(one.is_in("permission") or one.may_order for one in part):
            return False
        return token.part in self.scenes and is_first and not token.is_in("meta")

    def is_said(self, token: Token, keys: Keys, evidence: Evidence) -> bool:
        """Whether evidence holds one of a token's keys, with its polarity where that matters.

        A negated verb carries its nouns along, so polarity is looked at in predicates, in words
        that a negation clings to, and where there is no predicate.
        """
        clause = [one for one in self.tokens if one.clause == token.clause]
        has_verb = any(one.is_verbal and (one.is_content or one.is_told) for one in clause)
        matters = token.is_verbal or not has_verb
        exact = evidence.find(token.readings)
        if exact and all(one.is_near and not token.is_negated for one in exact):
            return False
        if exact and token.is_near and not any(one.is_negated for one in exact):
            return False
        for key, (is_negated, is_near) in keys.items():
            found = evidence.find((key,))
            if any(
                one.is_negated == is_negated or not (matters or is_near or one.is_near)
                for one in found
            ):
                return True
        return False

    def place_of(self, tokens: Iterable[Token]) -> tuple[tuple[str, ...], float] | None:
        """Where the instruction says what these words say: the situation, the middle place."""
        wanted = set(map(id, tokens))
        verbs: list[float] = []
        nouns: list[float] = []
        for token, keys in zip(self.tokens, self.keys, strict=True):
            if token.quote is not None and id(token) in wanted:
                quoted = find_slice(self.sentence.quotes[token.quote], self.cited)
                verbs += [float(min(one.start for one in quoted))] if quoted else []
            found = self.evidence.find(keys) if id(token) in wanted and token.is_content else []
            if found:
                exact = self.evidence.find(token.readings)
                told = [one.place for one in exact if one.kind in (QUOTE, DO)]
                told = told or [one.place for one in found if one.kind in (QUOTE, DO)]
                place = min(told or [one.place for one in found])
                (verbs if token.is_verbal else nouns).append(place)
        places = verbs or nouns
        if not places:
            return None
        middle = sum(places) / len(places)
        nearest = min(self.cited, key=lambda one: abs(one.start - middle))
        return nearest.context, middle

    def content(self) -> list[tuple[Token, Keys]]:
        """The tokens that say something, with their keys."""
        pairs = zip(self.tokens, self.keys, strict=True)
        return [(token, keys) for token, keys in pairs if token.is_content]


def _find_scenes(sentence: Sentence) -> frozenset[int]:
    """The parts that tell the scene: opened by «если», «раз»…, or set before a dash."""
    parts: dict[int, list[Token]] = {}
    for token in sentence.tokens:
        parts.setdefault(token.part, []).append(token)
    scene = {
        number for number, tokens in parts.items() if any(one.is_in("scene") for one in tokens[:3])
    }
    for number, tokens in sorted(parts.items()):
        opens = tokens[0].is_in("subordinate") or any(one.is_in("whether") for one in tokens)
        if opens and number - 1 in scene and not any(one.is_imperative for one in tokens):
            scene.add(number)
    numbers = sorted(parts)
    opening = parts[numbers[0]] if numbers else []
    told = OPENING.split(sentence.text)[0]
    has_dash = told != sentence.text and "," not in told
    tells = any(
        "VERB" in grammemes_of(one.word) or "PRTS" in grammemes_of(one.word) for one in opening
    )
    if len(numbers) > 1 and has_dash and tells and not any(one.may_order for one in opening):
        scene.add(numbers[0])
    return frozenset(scene)


def find_slice(fragment: str, cited: Iterable[Source]) -> list[Source]:
    """The sources that hold a fragment word for word, but for case, marks and ё/е."""
    part = words_of(fragment)
    return [
        source for source in cited if any(holds(words_of(one.text), part) for one in source.lines)
    ]


def holds(whole: list[str], part: list[str]) -> bool:
    """Whether words stand in others, one after another."""
    size = len(part)
    return any(part == whole[start : start + size] for start in range(len(whole) - size + 1))
