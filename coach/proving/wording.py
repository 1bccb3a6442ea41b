"""The proof of a card's line: does the quote under a step or a prohibition say what it says?

The same proof as for a model's sentence, with the quote alone as its source, and three checks that
a line of the card needs besides: a condition of the quote is not dropped, an act stays with whom
the quote gives it to, and a prohibition is one in the quote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from coach.language.lemmas import cases_of, grammemes_of
from coach.proving.proof import Proof
from coach.proving.sentences import Token, read_prohibition, read_tokens
from coach.proving.sources import AVOID, QUOTE, SAY, Keys, Line, Source, is_same, keys_of
from coach.proving.thesaurus import Thesaurus
from coach.proving.verdict import ACTOR, CONDITION, ORDER, UNSUPPORTED, Verdict

KEPT_VERDICTS = 4_000
LEAST_TOLD = 0.5  # of the words of a condition
OPERATORS, CALLERS = frozenset({"operator"}), frozenset({"caller"})
ANYBODY = OPERATORS | CALLERS
DATIVE = "datv"
ROLES = frozenset(("nomn", DATIVE))


@dataclass(frozen=True)
class Wording:
    """A step or a prohibition beside what it rests on.

    `kind` is DO or AVOID. `sentence` is the received sentence around the quote: it holds the
    conditions. `phrases` are phrases to say that equal a part of the quote, with the marks that the
    received text lost; `is_spoken` says that the quote is a part of what is said to the caller.
    `signs` are the situation's title and signs.
    """

    kind: str
    text: str
    quote: str
    sentence: str = ""
    phrases: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    is_topic: bool = False
    is_spoken: bool = False


@dataclass(frozen=True)
class Words:
    """The words of a text with the keys that each may stand for."""

    tokens: tuple[Token, ...]
    keys: tuple[Keys, ...]

    def content(self, places: Iterable[int]) -> list[Keys]:
        """The keys of those words at these places that say something."""
        return [self.keys[place] for place in places if self.tokens[place].is_content]


class WordingProof:
    """Proves lines of cards with one thesaurus; a verdict is found once."""

    def __init__(self, thesaurus: Thesaurus) -> None:
        self._thesaurus = thesaurus
        self._verdicts: dict[Wording, Verdict] = {}

    def prove(self, wording: Wording) -> Verdict:
        """Return whether the quote proves the line; `detail` is the word that it does not."""
        if wording not in self._verdicts:
            if len(self._verdicts) >= KEPT_VERDICTS:
                self._verdicts.clear()
            self._verdicts[wording] = prove_wording(wording, self._thesaurus)
        return self._verdicts[wording]


def is_speech(quote: str) -> bool:
    """Whether the received words are the operator's own to the caller: «я», «мы»."""
    return any(token.is_in("first_persons") for token in read_tokens(quote))


def prove_wording(wording: Wording, thesaurus: Thesaurus) -> Verdict:
    """Return the verdict on one line; see `WordingProof`."""
    sentence = wording.sentence or wording.quote
    claims = list(_claims(wording, sentence))
    for claim, ground in claims:
        verdict = _prove(wording, claim, ground, thesaurus)
        if not verdict.is_proven:
            return verdict
    claimed = _read(claims[0][0], thesaurus)
    quoted = _read(wording.quote, thesaurus)
    return (
        _check_conditions(wording, claimed, _read(sentence, thesaurus), thesaurus)
        or _check_order(claimed, quoted)
        or _check_acts(claimed, quoted, is_spoken=wording.is_spoken)
        or _check_parties(claimed, quoted, is_spoken=wording.is_spoken)
        or Verdict()
    )


def _claims(wording: Wording, sentence: str) -> Iterator[tuple[str, str]]:
    """What a line claims, each claim with the received words that must prove it.

    A prohibition is read as «нельзя …»; what is only forbidden too early, as an order; what is
    punished, as it stands. The reason behind its colon may stand anywhere in the sentence.
    """
    if wording.kind != AVOID:
        yield wording.text, wording.quote
        return
    act, _, reason = wording.text.partition(":")
    yield act if _is_punished(sentence) else read_prohibition(act), wording.quote
    if reason.strip():
        yield reason.strip(), sentence


def _prove(wording: Wording, claim: str, ground: str, thesaurus: Thesaurus) -> Verdict:
    """The proof of one claim; a quote that points back («такую информацию») means the signs."""
    lines = [Line(QUOTE, ground), *(Line(SAY, phrase) for phrase in wording.phrases)]
    tokens = read_tokens(ground)
    if (
        wording.kind == AVOID
        and any(token.is_in("pointing_back") for token in tokens)
        and any(token.is_verbal and token.is_negated for token in tokens)
    ):
        lines += [Line(QUOTE, sign) for sign in wording.signs]
    context = (*wording.signs, wording.sentence or wording.quote)
    source = Source(1, 0, tuple(lines), context, wording.is_topic)
    return Proof([source], "", thesaurus).prove(f"{claim} [1]")


def _read(text: str, thesaurus: Thesaurus) -> Words:
    tokens = read_tokens(text)
    return Words(tokens, tuple(keys_of(tokens, thesaurus)))


def _is_punished(sentence: str) -> bool:
    tokens = read_tokens(sentence)
    kinds = ("penalties", "condition")
    return all(any(token.is_in(kind) for token in tokens) for kind in kinds)


def _check_conditions(
    wording: Wording, claimed: Words, received: Words, thesaurus: Thesaurus
) -> Verdict | None:
    """What the received sentence ties to a condition is not said without it."""
    if wording.kind == AVOID and _is_punished(wording.sentence or wording.quote):
        return None
    claim = claimed.content(range(len(claimed.tokens)))
    signs = [keys for sign in wording.signs for keys in _read(sign, thesaurus).keys]
    acts = [
        keys for token, keys in zip(claimed.tokens, claimed.keys, strict=True) if _is_act(token)
    ]
    for places in _conditions(received.tokens, received, acts):
        rest = received.content(n for n in range(len(received.tokens)) if n not in places)
        narrowing = [
            place
            for place in sorted(places)
            if received.tokens[place].is_content and not _meets(received.keys[place], rest)
        ]
        is_given = all(_meets(received.keys[place], signs) for place in narrowing)
        told = sum(_meets(received.keys[place], claim) for place in narrowing)
        named = {
            reading
            for place in places
            if _is_act(received.tokens[place])
            for reading in received.tokens[place].readings
        }
        is_act = any(  # the line is about an act of the condition itself
            not named.isdisjoint(token.readings) for token in claimed.tokens if _is_act(token)
        )
        if not (is_given or is_act) and told < LEAST_TOLD * len(narrowing):
            return Verdict(CONDITION, received.tokens[narrowing[0]].word)
    return None


def _conditions(
    tokens: Sequence[Token], received: Words, acts: Sequence[Keys]
) -> Iterator[frozenset[int]]:
    """The places of each condition: behind «если», «в случае», «кроме», and «только» of an act."""
    for place, token in enumerate(tokens):
        behind = [n for n in range(place + 1, len(tokens)) if tokens[n].part == token.part]
        if token.is_in("condition") or token.is_in("exceptions"):
            yield frozenset(behind)
        elif token.is_in("in_case") and not any(tokens[n].is_in("condition") for n in behind):
            yield frozenset([n for n in behind if tokens[n].is_content][:1])
        elif token.is_in("onlys"):
            clause = [n for n, other in enumerate(tokens) if other.clause == token.clause]
            if any(_meets(received.keys[n], acts) for n in clause if tokens[n].is_content):
                yield frozenset(n for n in behind if n in clause)


def _meets(keys: Keys, others: Iterable[Keys]) -> bool:
    return any(is_same(key, other) for known in others for key in keys for other in known)


def _is_act(token: Token) -> bool:
    return token.is_content and token.is_verbal


def _check_order(claimed: Words, received: Words) -> Verdict | None:
    """«До этого» is said where the quote says it."""
    if any(token.is_in("before_noun") for token in received.tokens):
        return None
    for token, following in pairwise(claimed.tokens):
        if token.is_in("before_noun") and following.is_in("before_this"):
            return Verdict(ORDER, f"{token.word} {following.word}")
    return None


def _check_acts(claimed: Words, received: Words, *, is_spoken: bool) -> Verdict | None:
    """What the caller does in the quote is not given to the operator, and the other way round."""
    owned = list(_owners(received.tokens, is_spoken=is_spoken))
    for place, owners in _owners(claimed.tokens, is_spoken=False):
        found = [pair for pair in owned if _meets(claimed.keys[place], [received.keys[pair[0]]])]
        if found and not any(owners & own for _, own in found):
            return Verdict(ACTOR, claimed.tokens[place].word)
        aims = [other for other, _ in found if _is_aim(received.tokens, other)]
        if found and len(aims) == len(found) and not _is_aim(claimed.tokens, place):
            return Verdict(UNSUPPORTED, claimed.tokens[place].word)
    return None


def _is_aim(tokens: Sequence[Token], place: int) -> bool:
    """Whether an act is what something else is done for: «чтобы ускорить разговор, …»."""
    part = [token for token in tokens[:place] if token.part == tokens[place].part]
    return any(token.is_in("aims") for token in part)


def _owners(tokens: Sequence[Token], *, is_spoken: bool) -> Iterator[tuple[int, frozenset[str]]]:
    """Whose each act is: the operator's, the caller's, or of both where it cannot be told.

    In a phrase that is said to the caller «я» is the operator and an imperative is the caller's.
    """
    owners, opened = OPERATORS, -1
    for place, token in enumerate(tokens):
        marks = grammemes_of(token.word)
        is_finite = "VERB" in marks or token.is_in("obliged")
        if token.part - opened > (0 if owners == ANYBODY else 1):
            owners = OPERATORS
        if is_finite:
            part = [other for other in tokens if other.part == token.part]
            owners, opened = _doers(token, part, is_spoken=is_spoken), token.part
        is_level = bool(place) and tokens[place - 1].is_in("joints")
        if _is_act(token) and marks & {"VERB", "INFN"} and not token.is_in("askers"):
            yield place, ANYBODY if is_level and owners == CALLERS else owners
        if token.is_in("askers"):
            owners, opened = ANYBODY if token.is_in("offers") else CALLERS, token.part


def _doers(token: Token, part: Sequence[Token], *, is_spoken: bool) -> frozenset[str]:
    """Who does what a finite verb, or a word of duty, says."""
    marks = grammemes_of(token.word)
    if token.is_in("let_me") or "1per" in marks:
        return OPERATORS
    if not marks.isdisjoint({"2per", "impr"}):
        return CALLERS if is_spoken else OPERATORS
    if any(other.is_caller for other in part):
        return CALLERS
    return ANYBODY if "3per" in marks else OPERATORS


def _check_parties(claimed: Words, received: Words, *, is_spoken: bool) -> Verdict | None:
    """Who does and to whom it is done stay as the quote has them."""
    named = [token for token in received.tokens if token.is_in("actors")]
    for token in claimed.tokens:
        others = [other for other in named if other.lemma == token.lemma]
        is_duty = any(o.is_in("obliged") for o in claimed.tokens if o.part == token.part)
        own, theirs = _roles([token]), _roles(others)
        is_turned = bool(own and theirs) and not own & theirs
        is_bound = is_duty and token.is_in("workers") and DATIVE in own  # «оператору следует»
        is_brought_in = (
            token.is_in("workers")
            and not own - {DATIVE}
            and DATIVE in own
            and not any(DATIVE in _roles([other]) for other in named if other.is_in("workers"))
        )
        if token.is_in("actors") and (is_turned or is_brought_in) and not is_bound:
            return Verdict(ACTOR, token.word)
    superiors = [token for token in named if not token.is_in("workers")]
    if is_spoken or not superiors or any(_is_caller(token) for token in received.tokens):
        return None
    found = next((token for token in claimed.tokens if _is_caller(token)), None)
    return Verdict(ACTOR, found.word) if found else None


def _roles(tokens: Iterable[Token]) -> frozenset[str]:
    """Whether these words name who acts, to whom it is done, or may do either."""
    return frozenset(case for token in tokens for case in cases_of(token.word)) & ROLES


def _is_caller(token: Token) -> bool:
    return token.is_in("callers") or token.is_in("people")
