"""The proof of a sentence against the passages that it cites: deterministic, on lemmas.

A sentence passes when every word that says something is said by a cited passage with the same
polarity, every fragment in quotation marks is a slice of one, order and actors are the passages'
own, and each citation has its share. Otherwise the first reason is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from coach.proving import claims, relations
from coach.proving.reading import Reading
from coach.proving.sentences import parse_sentence, read_tokens, word_list
from coach.proving.sources import Source, keys_of
from coach.proving.thesaurus import Thesaurus
from coach.proving.verdict import NO_CITATION, TOO_LONG, UNKNOWN_CITATION, Verdict

LONGEST_SENTENCE = 600

CHECKS: tuple[Callable[[Reading], Verdict | None], ...] = (
    claims.check_language,
    claims.check_address,
    claims.check_quotes,
    claims.check_numbers,
    claims.check_negations,
    relations.check_departments,
    claims.check_support,
    claims.check_permission,
    claims.check_promises,
    relations.check_guard,
    relations.check_order,
    relations.check_actors,
    relations.check_needs,
    relations.check_caller,
    relations.check_citations,
)


class Proof:
    """Proves sentences against one set of given sources and the operator's own message."""

    def __init__(self, given: Sequence[Source], message: str, thesaurus: Thesaurus) -> None:
        self._given = {source.number: source for source in given}
        self._thesaurus = thesaurus
        asked = keys_of(read_tokens(message), thesaurus)
        self._asked = frozenset(key for keys in asked for key in keys) - word_list("meta")

    def prove(self, text: str) -> Verdict:
        """Return the verdict on one sentence; its citations are numbers of given sources."""
        if len(text) > LONGEST_SENTENCE:
            return Verdict(TOO_LONG)
        sentence = parse_sentence(text)
        if not sentence.citations:
            return Verdict(NO_CITATION)
        for number in sentence.citations:
            if number not in self._given:
                return Verdict(UNKNOWN_CITATION, str(number))
        cited = [self._given[number] for number in sentence.citations]
        reading = Reading(sentence, cited, self._asked, self._thesaurus)
        for check in CHECKS:
            verdict = check(reading)
            if verdict:
                return verdict
        return Verdict()
