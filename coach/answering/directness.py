"""Does a shown card answer the question directly, and which of its lines does?

A topic's card is shown for whatever is asked about the topic. The words of the question are looked
for in its lines; a word that neither a line nor the topic's own questions in the bank know asks for
something else. A situation's card answers unless it is asked for what its file calls `unanswered`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from coach.instruction.knowledge import Knowledge, Situation
from coach.instruction.questions import NOT_ANSWERED
from coach.instruction.situations import TOPIC
from coach.language.lemmas import (
    grammemes_of,
    is_dictionary_word,
    is_function_word,
    lemmas_of,
    words_of,
)
from coach.proving.sentences import Token, read_tokens
from coach.proving.sources import Keys, is_same, keys_of
from coach.proving.thesaurus import Thesaurus, is_family

WORDS = Path(__file__).with_name("directness.yaml")
SENTENCE = re.compile(r"[^.!?…]+[.!?…]*")
LEAST_SHARE = 0.002  # of the topic's questions hold a word of the topic
LEAST_RATIO = 3.0  # times oftener than those that the instruction does not answer
FEW = 3  # questions that tell where a word belongs
LEAST_COVERED = 2  # words of one line make up for an act that it names otherwise
EXACT, RELATED = 1.0, 0.7
STEM_LETTERS, ANCHORS = 4, 8


@dataclass(frozen=True)
class Directness:
    """Whether a card answers; `lines` are the texts of those that do, the best first."""

    is_direct: bool
    lines: tuple[str, ...] = ()


DIRECT = Directness(True)


@dataclass
class Asked:
    """What a question asks for: its words by what is known of them, and the score of each line."""

    scores: list[float]
    covered: int = 0
    foreign: int = 0
    missing_acts: int = 0
    lacks_detail: bool = False
    counts: list[int] = field(default_factory=list)


class DirectnessCheck:
    """Looks at questions beside the cards of one knowledge."""

    def __init__(self, knowledge: Knowledge) -> None:
        topics = [one for one in knowledge.situations.values() if one.kind == TOPIC]
        texts = {one.id: _texts_of_lines(one) for one in topics}
        words = [words for lines in texts.values() for words in lines.values()]
        self._thesaurus = Thesaurus(_groups_near(knowledge.synonyms, words))
        self._lines = {
            name: [(line, self._read(words, anchors=True)) for line, words in lines.items()]
            for name, lines in texts.items()
        }
        self._questions: Counter[str] = Counter()
        self._words = {name: Counter[str]() for name in (*texts, NOT_ANSWERED)}
        for question in knowledge.questions:
            for name in set(question.situation_ids) & set(self._words):
                self._questions[name] += 1
                self._words[name].update(set(lemmas_of(question.text)))

    def check(self, question: str, situation: Situation) -> Directness:
        """Return whether the situation's card answers the question directly."""
        if situation.kind != TOPIC:
            return Directness(False) if _asks_beside(question, situation) else DIRECT
        asked = self._weigh(question, situation)
        if asked.lacks_detail or (asked.foreign and asked.foreign >= asked.covered):
            return Directness(False)
        best = max(asked.scores, default=0.0)
        if asked.missing_acts and max(asked.counts, default=0) < LEAST_COVERED:
            return Directness(False)
        names = [line for line, _ in self._lines[situation.id]]
        found = [line for line, score in zip(names, asked.scores, strict=True) if score == best]
        is_sure = best >= EXACT and len(found) < len(names)
        return Directness(True, tuple(found) if is_sure else ())

    def _weigh(self, question: str, situation: Situation) -> Asked:
        lines = self._lines[situation.id]
        subject = self._read(situation.about or situation.title)
        asked = Asked([0.0] * len(lines), counts=[0] * len(lines))
        tokens = read_tokens(_asking_part(question))
        is_asked_whether = any(_is_in(token, "modals") for token in tokens)
        for token, keys in zip(tokens, keys_of(tokens, self._thesaurus), strict=True):
            found = [_match(token, keys, known) for _, known in lines]
            if _is_in(token, "details") and EXACT not in found:
                asked.lacks_detail = True
            if not _says_something(token) or _match(token, keys, subject):
                continue
            if sum(map(bool, found)) > len(found) / 2:
                continue  # it says no more than what the topic is
            if any(found):
                asked.covered += 1
                asked.scores = [a + b for a, b in zip(asked.scores, found, strict=True)]
                asked.counts = [n + bool(b) for n, b in zip(asked.counts, found, strict=True)]
            elif token.is_infinitive and is_asked_whether:
                asked.missing_acts += 1
            elif self._is_foreign(token, situation.id):
                asked.foreign += 1
        return asked

    def _is_foreign(self, token: Token, name: str) -> bool:
        """Whether a word asks for what the topic is not about, as far as the bank can tell.

        It is asked oftener where the instruction does not answer; or it is a noun that the topic's
        own questions hardly know.
        """
        marks = grammemes_of(token.word)
        if not is_dictionary_word(token.word) or "Name" in marks:
            return False
        held, others = self._words[name], self._words[NOT_ANSWERED]
        count = max(held[lemma] for lemma in token.readings)
        elsewhere = max(others[lemma] for lemma in token.readings)
        share = count / max(1, self._questions[name])
        rate = elsewhere / max(1, self._questions[NOT_ANSWERED])
        is_known = share > LEAST_SHARE and share > LEAST_RATIO * rate
        return not is_known and ("NOUN" in marks or (elsewhere >= FEW and rate > share))

    def _read(self, words: str, *, anchors: bool = False) -> list[tuple[Token, Keys]]:
        tokens = read_tokens(words)
        return list(zip(tokens, keys_of(tokens, self._thesaurus, anchors=anchors), strict=True))


def _texts_of_lines(situation: Situation) -> dict[str, str]:
    """The lines of a card, each with all the words that it rests on."""
    return {
        item.text: f"{item.text} {item.spans[0].quote}"
        for item in (*situation.do, *situation.avoid)
    }


def _groups_near(groups: Iterable[Sequence[str]], texts: Iterable[str]) -> list[Sequence[str]]:
    """The groups of the thesaurus whose first expressions may stand in these texts."""
    stems = {word[:STEM_LETTERS] for text in texts for word in words_of(text)}
    return [
        group
        for group in groups
        if any(word[:STEM_LETTERS] in stems for item in group[:ANCHORS] for word in words_of(item))
    ]


def _asking_part(question: str) -> str:
    """The sentences that ask; the whole message when none of them shows it."""
    sentences = SENTENCE.findall(question)
    asking = [one for one in sentences if one.rstrip().endswith("?")] or [
        one for one in sentences if any(_is_in(token, "modals") for token in read_tokens(one))
    ]
    return " ".join(asking or sentences)


def _asks_beside(question: str, situation: Situation) -> bool:
    """Whether a message asks for what the file names as unanswered, and not for its subject."""
    words = read_tokens(question)
    beside = {lemma for part in situation.unanswered for lemma in lemmas_of(part)}
    subject = {
        token.lemma
        for token in read_tokens(situation.about)
        if token.is_content and not token.is_in("actors")
    }
    return any(_is_among(token, beside) for token in words) and not any(
        _is_among(token, subject) for token in words
    )


def _match(token: Token, keys: Keys, line: Sequence[tuple[Token, Keys]]) -> float:
    """How well a line holds a word: by itself, by a word of its family, or by the thesaurus."""
    if any(not set(token.readings).isdisjoint(other.readings) for other, _ in line):
        return EXACT
    is_held = any(is_same(key, other) for _, known in line for key in keys for other in known)
    return RELATED if is_held else 0.0


def _says_something(token: Token) -> bool:
    return not (is_function_word(token.word) or _is_in(token, "light")) and len(token.word) > 1


def _is_among(token: Token, lemmas: Iterable[str]) -> bool:
    return any(is_family(reading, lemma) for lemma in lemmas for reading in token.readings)


def _is_in(token: Token, kind: str) -> bool:
    words = _word_list(kind)
    return token.word in words or not words.isdisjoint(token.readings)


@cache
def _word_list(kind: str) -> frozenset[str]:
    lists: dict[str, str] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return frozenset(lists[kind].replace("ё", "е").split())
