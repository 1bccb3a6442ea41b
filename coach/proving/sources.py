"""Sources: what a model was given, read so that a sentence can be held against it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from coach.language.lemmas import cases_of, fold, grammemes_of, words_of
from coach.proving.sentences import Token, negate, phrase_acts, read_tokens
from coach.proving.thesaurus import Thesaurus, is_family

SAY, DO, AVOID, QUOTE = "say", "do", "avoid", "quote"
ACT, SECTION, CONTEXT = "act", "section", "context"

Key = str
Keys = dict[Key, tuple[bool, bool]]  # whether it is negated, and whether the negation clings to it


@dataclass(frozen=True)
class Line:
    """A text that a citation number stands for, and what it is: a phrase, a step, the quote…

    `numbers` are the citations that it rests on, when one alone would tell half of it.
    """

    kind: str
    text: str
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Source:
    """One numbered citation that the model was given, with its card lines and its place.

    `start` is the offset of the quote in the document, in characters: the order of steps.
    `context` are the title and the signs of its situation: they may set the scene. `is_topic` says
    that it is about the job, not about a call.
    """

    number: int
    start: int
    lines: tuple[Line, ...]
    context: tuple[str, ...] = ()
    is_topic: bool = False


@dataclass(frozen=True)
class Meaning:
    """One occurrence of a key in a source: its polarity, who acts, where it stands.

    `is_asked` says that another than the operator is to do it, `is_guarded` that something comes
    first, `is_condition` that it stands behind «если», `is_operators` that it tells the operator
    what to do.
    """

    is_negated: bool
    is_near: bool
    is_asked: bool
    is_guarded: bool
    kind: str
    place: float
    cases: frozenset[str]
    is_verbal: bool
    is_future: bool
    is_condition: bool
    is_operators: bool


@dataclass
class Evidence:
    """What the cited sources say: the meanings of each key, by source number."""

    meanings: dict[int, dict[Key, list[Meaning]]] = field(default_factory=dict)

    def find(self, keys: Iterable[Key]) -> list[Meaning]:
        """Every meaning of these keys in the sources; lemmas of one family count as one."""
        return [one for found in self.by_number(keys).values() for one in found]

    def by_number(self, keys: Iterable[Key]) -> dict[int, list[Meaning]]:
        """The meanings of these keys by the number of their source."""
        wanted = list(keys)
        found: dict[int, list[Meaning]] = {}
        for number, known in self.meanings.items():
            same = [
                one
                for key in wanted
                for other, meanings in known.items()
                if is_same(key, other)
                for one in meanings
            ]
            if same:
                found[number] = same
        return found

    def has_future(self) -> bool:
        """Whether the sources speak of what will be."""
        every = (
            one for known in self.meanings.values() for found in known.values() for one in found
        )
        return any(one.is_future for one in every)


def is_same(key: Key, other: Key) -> bool:
    """Whether two keys mean the same: one group of the thesaurus, or lemmas of one family."""
    if key.startswith("#") or other.startswith("#"):
        return key == other
    return is_family(key, other)


def keys_of(tokens: Sequence[Token], thesaurus: Thesaurus, *, anchors: bool = False) -> list[Keys]:
    """For each token, the keys that it may stand for, with the polarity of each.

    A negation inside an expression («не отключаться») is a part of it and negates nothing.
    """
    found: list[Keys] = [
        dict.fromkeys(one.readings, (one.is_negated, one.is_near)) for one in tokens
    ]
    words = [one.readings for one in tokens]
    for match in thesaurus.find(words, [one.part for one in tokens], anchors=anchors):
        outside = negate(tokens, match.places)
        reached = [outside[place] for place in match.places if tokens[place].is_content]
        last = outside[match.places[-1]]
        is_near = any(one.is_near for one in reached)
        is_negated = any(one.is_negated for one in reached) if is_near else last.is_negated
        for place in match.places:
            found[place][f"#{match.group}"] = (is_negated, is_near)
    return found


def read_evidence(
    sources: Sequence[Source], thesaurus: Thesaurus, *, context: bool = False
) -> Evidence:
    """Read the lines of sources (or their context) as evidence."""
    evidence = Evidence()
    cited = {source.number for source in sources}
    for source in sources:
        known = evidence.meanings.setdefault(source.number, {})
        lines = [one for one in source.lines if one.numbers <= cited]
        if context:
            lines = [Line(CONTEXT, one) for one in source.context]
        for line in [*lines, *map(_act_of, lines)]:
            _read_line(line, source.start, thesaurus, known)
    return evidence


def _act_of(line: Line) -> Line:
    """What a phrase to say does, as words that a sentence may use: it asks, warns, offers…"""
    said = fold(line.text) if line.kind in (SAY, QUOTE) else ""
    return Line(ACT, ". ".join(act for mark, act in phrase_acts().items() if mark in said))


def _read_line(
    line: Line, start: int, thesaurus: Thesaurus, known: dict[Key, list[Meaning]]
) -> None:
    tokens = read_tokens(line.text)
    action = line.text.partition(":")[0]
    is_early = any(token.is_in("early") for token in tokens)  # forbidden too early, not at all
    forbidden = len(words_of(action)) if line.kind == AVOID and not is_early else 0
    conditions = {token.part for token in tokens if token.is_in("condition")}
    asker = guard = -1
    for place, (token, keys) in enumerate(
        zip(tokens, keys_of(tokens, thesaurus, anchors=True), strict=True)
    ):
        asker = token.part if token.is_in("askers") else asker
        guard = token.part if token.is_in("onlys") else guard
        is_forbidden = place < forbidden and token.part == tokens[0].part
        for key, (is_negated, is_near) in keys.items():
            meaning = Meaning(
                is_negated != is_forbidden,
                is_near,
                token.part == asker and token.is_infinitive,
                token.part == guard or (line.kind == AVOID and is_early),
                line.kind,
                start + place / 1000,
                cases_of(token.word),
                token.is_verbal and "PRTF" not in grammemes_of(token.word),
                "futr" in grammemes_of(token.word),
                token.part in conditions,
                line.kind == DO and not grammemes_of(token.word).isdisjoint(("impr", "2per")),
            )
            known.setdefault(key, []).append(meaning)
            if is_early and line.kind == AVOID:
                known[key].append(replace(meaning, is_negated=not meaning.is_negated))
