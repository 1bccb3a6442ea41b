"""How a sentence puts its words together: order, actors, departments, citations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from coach.language.lemmas import cases_of, grammemes_of, lemma_of, words_of
from coach.proving.orders import claimed_orders
from coach.proving.reading import Reading, find_slice
from coach.proving.sentences import Token, word_list
from coach.proving.sources import AVOID, DO, QUOTE, Keys
from coach.proving.verdict import (
    ACTOR,
    IDLE_CITATION,
    NOTHING_SAID,
    ORDER,
    UNSUPPORTED,
    Verdict,
)

ACTOR_CASES = frozenset(("nomn", "datv"))
ACCUSATIVE = "accs"
DATIVE = frozenset(("datv",))
NAME_WORDS = 0.004
NEAR_PARTS = 2
LEAST_SHARE = 2  # a verb, two other words, or one word of the passage itself


def check_guard(reading: Reading) -> Verdict | None:
    """What stands behind «только после» is not said without an order."""
    if any(token.is_in("guards") for token in reading.tokens):
        return None
    for token, keys in reading.content():
        found = reading.evidence.find(keys)
        if found and all(one.is_guarded for one in found):
            return Verdict(ORDER, token.word)
    return None


def check_order(reading: Reading) -> Verdict | None:
    """What is said to come first stands first in the instruction."""
    for early, late in claimed_orders(reading.tokens):
        first, second = reading.place_of(early), reading.place_of(late)
        if first is None or second is None:
            continue
        is_one = first[1] == second[1] and len(reading.cited) == 1
        if first[0] != second[0] or (first[1] >= second[1] and not is_one):
            return Verdict(ORDER, " ".join(token.word for token in late))
    return None


def check_actors(reading: Reading) -> Verdict | None:
    """What the caller is asked to do is the caller's in the passage, the rest is not."""
    asker = let = -1
    is_level, before = False, None
    for token, keys in zip(reading.tokens, reading.keys, strict=True):
        asker = token.part if token.is_in("askers") else asker
        let = token.part if token.is_in("lets") else let
        if is_level and token.is_infinitive and before and before.is_in("ands"):
            asker = -1  # «просить и получать»: two acts of the operator
        is_level = token.is_in("askers") and token.is_infinitive
        is_let = token.part == let and token.is_verbal
        is_asked = is_let or (token.part == asker and token.is_infinitive)
        is_asker_near = asker >= 0 and token.part - asker in (0, 1)
        if (
            _is_turned(reading, token, is_asker_near)
            or _is_others(reading, token, keys, is_asked=is_asked, is_let=is_let)
            or _is_swapped(reading, token)
            or _is_done_by_caller(reading, token, keys)
        ):
            return Verdict(ACTOR, token.word)
        before = token
    return _check_pairs(reading)


def _is_done_by_caller(reading: Reading, token: Token, keys: Keys) -> bool:
    """Whether the caller is said to do what the card tells the operator to do."""
    is_finite = "VERB" in grammemes_of(token.word) and "2per" not in grammemes_of(token.word)
    if not (is_finite and token.is_content) or token.is_imperative or reading.is_scene(token):
        return False
    subjects = [o for o in reading.tokens if o.part == token.part and o.is_caller]
    told = [one for one in reading.evidence.find(keys) if one.kind == DO and one.is_verbal]
    return bool(subjects and told) and all(one.is_operators for one in told)


def _check_pairs(reading: Reading) -> Verdict | None:
    """Of two that a passage names, the one to whom it is done stays the same."""
    named = [token for token in reading.tokens if token.is_in("actors")]
    given = {
        token: any("datv" in one.cases for one in found)
        for token in named
        if (found := [o for o in reading.evidence.find(token.readings) if o.kind == QUOTE])
    }
    for token, is_given in given.items():
        others = [one for one in given if one.lemma != token.lemma and given[one]]
        is_dative = cases_of(token.word) == DATIVE
        if not is_given and is_dative and any("datv" not in cases_of(o.word) for o in others):
            return Verdict(ACTOR, token.word)
    return None


def _is_turned(reading: Reading, token: Token, is_asker_near: bool) -> bool:
    """Whether the operator is made the object of what the caller is to do."""
    part = [one for one in reading.tokens if one.part == token.part]
    is_callers = any(one.is_caller for one in part)
    if reading.is_scene(token):
        return False
    if token.is_in("operator_owned"):
        return is_asker_near and is_callers
    return token.is_in("operator_objects") and (is_asker_near or is_callers)


def _is_others(reading: Reading, token: Token, keys: Keys, *, is_asked: bool, is_let: bool) -> bool:
    """Whether an act is given to another than the one who does it in the card."""
    found = [one for one in reading.evidence.find(keys) if one.kind in (DO, AVOID)]
    is_act = is_let or ((is_asked or token.is_imperative) and token.is_content)
    return is_act and bool(found) and not any(one.is_asked == is_asked for one in found)


def _is_swapped(reading: Reading, token: Token) -> bool:
    """Whether who does and to whom changed places: «координатор подчиняется оператору»."""
    if not token.is_in("actors") or reading.is_scene(token):
        return False
    named = reading.evidence.find(token.readings)
    cases = frozenset(case for one in named if one.kind == DO for case in one.cases)
    own = cases_of(token.word) & ACTOR_CASES
    clause = [one for one in reading.tokens if one.clause == token.clause]
    acts = [
        keys
        for one, keys in zip(reading.tokens, reading.keys, strict=True)
        if one in clause and one.is_verbal and one.is_content
    ]
    is_same_act = any(reading.evidence.find(keys) for keys in acts)
    is_sure = bool(own and cases & ACTOR_CASES) and ACCUSATIVE not in cases
    return is_same_act and is_sure and not own & cases


def check_needs(reading: Reading) -> Verdict | None:
    """What the caller needs is not said to be the operator's need."""
    callers = reading.evidence.find(word_list("callers"))
    if not any("datv" in one.cases for one in callers):
        return None
    needed = [token for token in reading.tokens if token.is_in("needs")]
    for token in reading.tokens:
        is_near = any(abs(one.part - token.part) <= NEAR_PARTS for one in needed)
        is_operator = token.is_in("operators") and "datv" in cases_of(token.word)
        if is_near and is_operator and not reading.is_scene(token):
            return Verdict(ACTOR, token.word)
    return None


def check_departments(reading: Reading) -> Verdict | None:
    """A department is named as the passage names it."""
    named = reading.evidence.find(word_list("departments"))
    for token, keys in _following(reading):
        if not any(
            one.kind == other.kind and 0 < one.place - other.place <= NAME_WORDS
            for one in reading.evidence.find(keys)
            for other in named
        ):
            return Verdict(UNSUPPORTED, token.word)
    return None


def _following(reading: Reading) -> list[tuple[Token, Keys]]:
    """The words right behind a department that name it."""
    pairs = list(zip(reading.tokens, reading.keys, strict=True))
    return [
        after
        for (before, _), after in pairwise(pairs)
        if before.is_in("departments")
        and after[0].part == before.part
        and after[0].is_content
        and not after[0].is_verbal
    ]


def check_caller(reading: Reading) -> Verdict | None:
    """Where the passages speak of no caller, the sentence does not bring one in."""
    lines = [line for one in reading.cited for line in one.lines]
    told = [word for one in reading.cited for text in one.context for word in words_of(text)]
    told += [word for line in lines for word in words_of(line.text)]
    if not all(one.is_topic for one in reading.cited) or _has_caller(told):
        return None
    for token in reading.tokens:
        if token.word and _has_caller([token.word]) and not reading.is_scene(token):
            return Verdict(UNSUPPORTED, token.word)
    return None


def _has_caller(words: Iterable[str]) -> bool:
    return any(Token(word, lemma_of(word), 0, 0).is_in("callers") for word in words)


def check_citations(reading: Reading) -> Verdict | None:
    """Each citation says something of the sentence, and the sentence says something."""
    shares: Counter[int] = Counter()
    for token, keys in reading.content():
        weight = LEAST_SHARE if token.is_verbal else 1
        shares.update(dict.fromkeys(reading.evidence.by_number(keys), weight))
        shares.update(dict.fromkeys(reading.evidence.by_number(token.readings), 1))
    used = {number for number, share in shares.items() if share >= LEAST_SHARE}
    for fragment in reading.sentence.quotes:
        used |= {one.number for one in find_slice(fragment, reading.cited)}
    idle = [one.number for one in reading.cited if one.number not in used]
    if len(idle) == len(reading.cited):
        return Verdict(NOTHING_SAID)
    return Verdict(IDLE_CITATION, str(idle[0])) if idle else None
