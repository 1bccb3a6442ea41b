"""Follow-ups: what a message means after the ones before it, without any model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
import yaml

from coach.instruction.knowledge import Situation
from coach.language.lemmas import is_function_word, is_pronoun, lemma_of, lemmas_of, words_of
from coach.language.repair import shorten
from coach.understanding.evidence import log_odds, read_combination
from coach.understanding.recognition import Recognition

WORDS = Path(__file__).with_name("conversation.yaml")
TOPIC_FEATURES = (
    "follow_up",
    "topic",
    "other",
    "not_answered",
    "length",
    "content",
    "leans",
    "points",
    "shared",
    "shared_rival",
)
RETURN_CONFIDENCE = 0.1
STEM_LETTERS = 5
SMALL_TALK_WORDS = 5


class Asked(Protocol):
    """Something that a question was asked with."""

    @property
    def question(self) -> str: ...


Call = TypeVar("Call", bound=Asked)


@dataclass(frozen=True)
class Topic:
    """What the conversation is about: the situations shown last, and what was asked before.

    `asked` holds earlier questions with the situations that they got, oldest first; `cards` are
    the stems of every situation's card.
    """

    situation_ids: tuple[str, ...]
    asked: tuple[tuple[str, tuple[str, ...]], ...]
    cards: Mapping[str, frozenset[str]]


@cache
def _words(kind: str) -> frozenset[str]:
    lists: dict[str, str] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return frozenset(lists[kind].split())


def begins_new_call(message: str) -> bool:
    """Whether a message says that another caller is on the line now."""
    words = " ".join(words_of(shorten(message)))
    return any(words == phrase or words.startswith(f"{phrase} ") for phrase in _phrases("new_call"))


def current_call(conversation: Sequence[Call], message: str) -> Sequence[Call]:
    """The replies of the call that a message belongs to: those since the last new call."""
    if begins_new_call(message):
        return ()
    for number in range(len(conversation) - 1, -1, -1):
        if begins_new_call(conversation[number].question):
            return conversation[number:]
    return conversation


@cache
def _phrases(kind: str) -> tuple[str, ...]:
    lists: dict[str, list[str]] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return tuple(lists[kind])


def is_small_talk(message: str) -> bool:
    """Whether a message is thanks, a greeting or an «ok», and nothing more."""
    words = words_of(message)
    spoken = [_is_in(word, "small_talk") for word in words]
    return any(spoken) and all(
        said or _is_in(word, "small_talk_filler") for word, said in zip(words, spoken, strict=True)
    )


def mentions_small_talk(message: str) -> bool:
    """Whether a short message that was not understood holds a word of small talk."""
    words = words_of(message)
    spoken = any(_is_in(word, "small_talk") for word in words)
    return spoken and len(words) <= SMALL_TALK_WORDS and "?" not in message


def lean_on_topic(recognition: Recognition, topic: Topic) -> Recognition:
    """Weigh a message again in the light of the topic.

    A message of pronouns and «what next» words alone is about the topic, one that names an earlier
    question goes back to it; for any other the fitted combination says how likely it is that the
    topic is meant.
    """
    words = words_of(recognition.question)
    content = [word for word in words if _is_content(word)]
    returned = _find_earlier(recognition, content, words, topic)
    if returned:
        return _mix(recognition, returned, 1.0)
    if all(word.isdigit() for word in words):
        return recognition
    if not content:
        return _mix(recognition, topic.situation_ids, 1.0)
    features = topic_features(recognition, topic)
    chance = read_combination()["topic"].probability(features)
    return _mix(recognition, topic.situation_ids, chance)


def stand_alone(recognition: Recognition) -> Recognition:
    """Weigh a message without a topic: what is likelier a follow-up than not means little alone."""
    if recognition.follow_up <= 0:
        return recognition
    chance = 1.0 / (1.0 + math.exp(-recognition.follow_up))
    confidences = tuple((name, (1 - chance) * one) for name, one in recognition.confidences)
    return replace(recognition, confidences=confidences, second=0.0)


def topic_features(recognition: Recognition, topic: Topic) -> np.ndarray:
    """Return what speaks for a message being about the topic, in TOPIC_FEATURES' order."""
    words = words_of(recognition.question)
    content = [word for word in words if _is_content(word)]
    own = [chance for name, chance in recognition.confidences if name in topic.situation_ids]
    others = [pair for pair in recognition.confidences if pair[0] not in topic.situation_ids]
    stems = [_stem(lemma_of(word)) for word in content]

    def share_of(names: Iterable[str]) -> float:
        known = set().union(*(topic.cards.get(name, frozenset()) for name in names))
        return sum(stem in known for stem in stems) / max(len(stems), 1)

    return np.array(
        [
            recognition.follow_up,
            log_odds(max(own, default=0.0)),
            log_odds(max((chance for _, chance in others), default=0.0)),
            log_odds(recognition.not_answered),
            math.log1p(len(words)),
            math.log1p(len(content)),
            float(bool(words) and words[0] in _words("leans")),
            float(any(map(is_pronoun, words))),
            share_of(topic.situation_ids),
            share_of(name for name, _ in others[:1]),
        ]
    )


def card_stems(situation: Situation) -> frozenset[str]:
    """The stems of a situation's card, as a follow-up may share them."""
    items = (*situation.when, *situation.say, *situation.do, *situation.avoid)
    return frozenset(_stem(lemma) for item in items for lemma in lemmas_of(item.text))


def _stem(lemma: str) -> str:
    """The beginning of a lemma: verbs of two aspects and their nouns share it."""
    return lemma[:STEM_LETTERS]


def _is_content(word: str) -> bool:
    return not (word.isdigit() or is_function_word(word) or _is_in(word, "ask_again"))


def _is_in(word: str, kind: str) -> bool:
    return word in _words(kind) or lemma_of(word) in _words(kind)


def _find_earlier(
    recognition: Recognition, content: list[str], words: list[str], topic: Topic
) -> tuple[str, ...] | None:
    """The situations of the earlier question that a return names, by its words or its matter."""
    if not any(_is_in(word, "returns") for word in words):
        return None
    wanted = {lemma_of(word) for word in content if not _is_in(word, "returns")}
    for question, situation_ids in reversed(topic.asked):
        if wanted & {lemma_of(word) for word in words_of(question)}:
            return situation_ids
    earlier = {name: ids for _, ids in topic.asked for name in ids}
    for name, confidence in recognition.confidences:
        if name in earlier and confidence >= RETURN_CONFIDENCE:
            return earlier[name]
    return None


def _mix(recognition: Recognition, names: Sequence[str], chance: float) -> Recognition:
    """Blend what the message says alone with the chance that these situations are meant."""
    confidences = {
        name: (chance if name in names else 0.0) + (1 - chance) * confidence
        for name, confidence in recognition.confidences
    }
    ranked = sorted(confidences.items(), key=lambda pair: (-pair[1], pair[0] not in names))
    shown = {name for name, _ in ranked[:2]}
    second = 0.0
    if shown == {name for name, _ in recognition.confidences[:2]}:
        second = (1 - chance) * recognition.second
    if shown == set(names):
        second += chance
    return replace(
        recognition,
        confidences=tuple(ranked),
        second=second,
        not_answered=(1 - chance) * recognition.not_answered,
    )
