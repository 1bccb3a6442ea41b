"""What a sentence claims: each word, number and quote of it must be a passage's own."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from coach.language.lemmas import grammemes_of, words_of
from coach.proving.reading import Reading, find_slice, holds
from coach.proving.sentences import Token, word_list
from coach.proving.sources import AVOID, DO, SAY, Keys, Meaning
from coach.proving.verdict import (
    CHANGED_QUOTE,
    NOT_ADDRESSED,
    NOT_RUSSIAN,
    NUMBER,
    POLARITY,
    UNSUPPORTED,
    Verdict,
)

NEGATIONS = ("negators_right", "negators_whole", "modals")
PROMISE = frozenset(("VERB", "futr", "3per"))
LONGEST_TERM = 5


def check_language(reading: Reading) -> Verdict | None:
    """Russian words alone, but for terms of the passages and short ones of the message."""
    for token in reading.tokens:
        is_latin = token.word.isascii() and token.word.isalpha()
        is_term = len(token.word) <= LONGEST_TERM and reading.is_asked((token.word,))
        if is_latin and not is_term and not reading.evidence.find((token.word,)):
            return Verdict(NOT_RUSSIAN, token.word)
    return None


def check_address(reading: Reading) -> Verdict | None:
    """A sentence speaks to the operator.

    Nobody says «я» or «мы» outside a quoted phrase, and a phrase for the caller stands in quotes.
    """
    words = [token.word for token in reading.tokens]
    phrases = [one.text for source in reading.cited for one in source.lines if one.kind == SAY]
    if (
        words
        and not reading.sentence.quotes
        and any(holds(words_of(one), words) for one in phrases)
    ):
        return Verdict(NOT_ADDRESSED, words[0])
    for token in reading.tokens:
        if "1per" in grammemes_of(token.word) or token.is_in("first_persons"):
            return Verdict(NOT_ADDRESSED, token.word)
    return None


def check_quotes(reading: Reading) -> Verdict | None:
    """Every fragment in quotation marks is a slice of a cited passage, and it is not denied."""
    for fragment in reading.sentence.quotes:
        if not find_slice(fragment, reading.cited):
            return Verdict(CHANGED_QUOTE, fragment)
    for token in reading.tokens:
        clause = [one for one in reading.tokens if one.clause == token.clause]
        is_denied = any(one.is_in("quote_denials") for one in clause if one.word)
        if token.quote is not None and is_denied:
            return Verdict(POLARITY, reading.sentence.quotes[token.quote])
    return None


def check_numbers(reading: Reading) -> Verdict | None:
    """Every number, in digits or words, is a cited passage's, or tells the operator's scene."""
    for token in reading.tokens:
        is_number = any(char.isdigit() for char in token.word) or token.is_in("numbers")
        is_told = reading.is_told(token) and reading.is_asked(token.readings)
        is_order = token.is_in("first")
        if is_number and not (is_told or is_order or reading.evidence.find(token.readings)):
            return Verdict(NUMBER, token.word)
    for one, following in pairwise(reading.tokens):
        is_count = one.is_in("one") and not following.is_in("one_links")
        is_rate = one.is_in("times") and following.is_in("time_links")
        if (is_count or is_rate) and not reading.evidence.find(one.readings):
            return Verdict(NUMBER, one.word)
    return None


def check_support(reading: Reading) -> Verdict | None:
    """Every word that says something is said by a cited passage with the same polarity."""
    for token, keys in reading.content():
        found = reading.evidence.find(keys)
        is_held = _is_held(reading, token, found)
        if is_held and reading.is_said(token, keys, reading.evidence):
            continue
        if _is_scenery(reading, token, keys) or any(token.is_in(kind) for kind in NEGATIONS):
            continue
        return Verdict(POLARITY if found and is_held else UNSUPPORTED, token.word)
    return None


def _is_held(reading: Reading, token: Token, found: Sequence[Meaning]) -> bool:
    """Whether the passages are as strong as the word: an act, a certainty, a promise."""
    if token.is_imperative and not any(one.is_verbal and not one.is_condition for one in found):
        return False
    if token.is_in("certain") and not reading.evidence.find(word_list("certain")):
        return False
    if token.is_in("positions") and not any(
        reading.evidence.find((one,)) for one in token.readings
    ):
        return reading.is_scene(token)
    is_promise = grammemes_of(token.word) >= PROMISE and not reading.is_scene(token)
    return not is_promise or any(one.is_future for one in found)


def check_promises(reading: Reading) -> Verdict | None:
    """«Будет сделано» is promised only where a passage speaks of what will be."""
    for token in reading.tokens:
        is_promise = token.is_in("to_be") and grammemes_of(token.word) >= PROMISE
        if is_promise and not reading.is_scene(token) and not reading.evidence.has_future():
            return Verdict(UNSUPPORTED, token.word)
    return None


def _is_scenery(reading: Reading, token: Token, keys: Keys) -> bool:
    """Whether a word only tells who calls and how, as the operator or the card says it."""
    is_caller = reading.is_of_caller(token) or reading.is_linked(token)
    if (is_caller or reading.is_scene(token)) and reading.is_said(token, keys, reading.context):
        return True
    is_described = reading.is_of_caller(token) and not token.is_in("meta")
    return (is_described or reading.is_told(token)) and reading.is_asked(keys)


def check_negations(reading: Reading) -> Verdict | None:
    """A bare «нет», and «не» before a word that no passage holds, say what no passage says."""
    for token in reading.tokens:
        part = [one for one in reading.tokens if one.part == token.part]
        if token.is_in("denials") and len(part) == 1 and token is not reading.tokens[0]:
            return Verdict(POLARITY, token.word)
        if token.is_negated and token.may_order and not token.is_content:
            clause = [pair for pair in reading.content() if pair[0].clause == token.clause]
            denied = [one for _, keys in clause for one in reading.evidence.find(keys)]
            if not any(one.is_negated for one in denied):
                return Verdict(POLARITY, token.word)
    return None


def check_permission(reading: Reading) -> Verdict | None:
    """What a passage forbids is neither advised nor allowed."""
    for token, keys in reading.content():
        clause = [one for one in reading.tokens if one.clause == token.clause]
        is_allowed = any(one.is_in("permission") for one in clause)
        if reading.is_scene(token) or token.is_negated or not (token.is_imperative or is_allowed):
            continue
        found = reading.evidence.find(keys)
        forbidden = [o for o in found if o.kind == AVOID and o.is_negated and not o.is_guarded]
        if forbidden and not any(one.kind in (DO, SAY) and not one.is_negated for one in found):
            return Verdict(POLARITY, token.word)
        if forbidden and all(
            any(one.kind == AVOID and one.is_negated for one in reading.evidence.find(others))
            for other, others in reading.content()
            if other.clause == token.clause
        ):
            return Verdict(POLARITY, token.word)
    return None
