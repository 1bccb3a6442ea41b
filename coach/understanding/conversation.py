"""Follow-ups: what a message means after the ones before it, without any model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

from coach.language.lemmas import is_function_word, is_pronoun, lemma_of, words_of
from coach.understanding.recognition import Recognition

WORDS = Path(__file__).with_name("conversation.yaml")
SHORT_MESSAGE_WORDS = 10
FRAGMENT_WORDS = 4
TOPIC_BONUS = 2.0
FRAGMENT_BONUS = 1.0
SHARED_BONUS = 3.0
SURE = 0.999
FLOOR = 1e-4
NEAR = 3
UNSURE = 0.3
HARDLY = 0.15


@dataclass(frozen=True)
class Topic:
    """What the conversation is about: the situations shown last, and what was asked before.

    `asked` holds earlier questions with the situations that they got, oldest first; `lemmas` are
    the words of the topic's own cards.
    """

    situation_ids: tuple[str, ...]
    asked: tuple[tuple[str, tuple[str, ...]], ...]
    lemmas: frozenset[str]


@cache
def _words(kind: str) -> frozenset[str]:
    lists: dict[str, str] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return frozenset(lists[kind].split())


def is_small_talk(message: str) -> bool:
    """Whether a message is thanks, a greeting or an «ok», and nothing more."""
    words = words_of(message)
    spoken = [_is_in(word, "small_talk") for word in words]
    return any(spoken) and all(
        said or _is_in(word, "small_talk_filler") for word, said in zip(words, spoken, strict=True)
    )


def lean_on_topic(recognition: Recognition, topic: Topic) -> Recognition:
    """Weigh a message again in the light of the topic.

    A message of pronouns and «what next» words alone is about the topic; a short one that leans on
    what was said gives the topic a bonus in log-odds; any other stands on its own.
    """
    words = words_of(recognition.question)
    content = [word for word in words if _is_content(word)]
    returned = _find_earlier(content, words, topic)
    if returned:
        return _favour(recognition, returned, math.inf)
    if all(word.isdigit() for word in words):
        return recognition
    if not content:
        return _favour(recognition, topic.situation_ids, math.inf)
    if len(words) > SHORT_MESSAGE_WORDS:
        return recognition
    leans = words[0] in _words("leans") or any(map(is_pronoun, words))
    shared = sum(lemma_of(word) in topic.lemmas for word in content) / len(content)
    bonus = TOPIC_BONUS * leans + FRAGMENT_BONUS * (len(words) <= FRAGMENT_WORDS)
    favoured = _favour(recognition, topic.situation_ids, bonus + SHARED_BONUS * shared)
    near = [name for name, _ in favoured.confidences[:NEAR]]
    is_unsure = favoured.confidences[0][1] < UNSURE and favoured.not_answered < HARDLY
    if bonus and is_unsure and set(near) & set(topic.situation_ids):
        return _favour(recognition, topic.situation_ids, math.inf)
    return favoured


def _is_content(word: str) -> bool:
    return not (word.isdigit() or is_function_word(word) or _is_in(word, "ask_again"))


def _is_in(word: str, kind: str) -> bool:
    return word in _words(kind) or lemma_of(word) in _words(kind)


def _find_earlier(content: list[str], words: list[str], topic: Topic) -> tuple[str, ...] | None:
    """The situations of the earlier question that a return names by its words."""
    if not any(_is_in(word, "returns") for word in words):
        return None
    wanted = {lemma_of(word) for word in content}
    for question, situation_ids in reversed(topic.asked):
        if wanted & {lemma_of(word) for word in words_of(question)}:
            return situation_ids
    return None


def _favour(recognition: Recognition, names: Sequence[str], bonus: float) -> Recognition:
    confidences = {
        name: _raise(confidence, bonus) if name in names else confidence
        for name, confidence in recognition.confidences
    }
    not_answered = 0.0 if bonus == math.inf else recognition.not_answered
    ranked = sorted(confidences.items(), key=lambda pair: -pair[1])
    if bonus == math.inf:
        ranked = [pair for pair in ranked if pair[0] in names] + [
            (name, min(confidence, FLOOR)) for name, confidence in ranked if name not in names
        ]
    return replace(recognition, confidences=tuple(ranked), not_answered=not_answered)


def _raise(confidence: float, bonus: float) -> float:
    if bonus == math.inf:
        return SURE
    confidence = min(max(confidence, FLOOR), 1 - FLOOR)
    return 1 / (1 + math.exp(-math.log(confidence / (1 - confidence)) - bonus))
