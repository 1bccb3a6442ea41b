"""The sentences of a model, cut from its words as they come."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

MOST_SENTENCES = 8
# A sentence ends at a mark or a line; the citations behind the mark belong to it.
END = re.compile(r"(?:[.!?…]+[»\"”)]*(?:\s*\[[\d,;\s]+\])*\.?(?=\s)|\n)")
LEADING = re.compile(r"(?:\[\d+\]\s*)+")
BULLET = re.compile(r"^\s*(?:[-*•–—]|\d{1,2}[.)])\s+")


def cut_sentences(pieces: Iterable[str]) -> Iterator[str]:
    """Yield whole sentences of a stream, eight at most."""
    waiting, count = "", 0
    for piece in pieces:
        waiting += piece
        while found := _find_end(waiting):
            sentence, waiting = waiting[:found], waiting[found:]
            if clean := _clean(sentence):
                yield clean
                count += 1
            if count >= MOST_SENTENCES:
                return
    if clean := _clean(waiting):
        yield clean


def _find_end(words: str) -> int:
    """Where the first sentence ends, outside quotation marks; 0 when it goes on."""
    for found in END.finditer(words):
        before = words[: found.end()]
        is_quoted = before.count("«") > before.count("»")
        following = words[found.end() :].lstrip()
        has_more = found[0] == "\n" or (bool(following) and not following.startswith("["))
        if not is_quoted and has_more:
            return found.end()
    return 0


def _clean(sentence: str) -> str:
    """A sentence without its bullet; citations that stand before it go behind it."""
    clean = BULLET.sub("", sentence.strip()).strip()
    marks = LEADING.match(clean)
    if marks is None:
        return clean
    rest = clean[marks.end() :].strip()
    return rest if not rest or "[" in rest else f"{rest} {marks[0].strip()}"
