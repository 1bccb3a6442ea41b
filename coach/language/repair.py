"""Repair: what the operator meant to type, before anything is recognised.

Wrong keyboard layout, Russian in Latin letters, look-alike letters, masked letters, repeated
letters, missing spaces and typos. A word that is right is never touched.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

from coach.language.layout import switch_to_cyrillic, switch_to_latin
from coach.language.lemmas import fold, words_of
from coach.language.lexicon import LATIN, SHORTEST_REPAIRED, Lexicon
from coach.language.segmentation import split_words
from coach.language.transliteration import transliterate

READ_CHARS = 1500
CACHED_WORDS = 20_000
CUT = " … "
LONG_WORD = 8
SIGN_KEYS = ",.;:'\"/?&"
SIGNS = str.maketrans("/?&", ".,?")
NEGATION = "не"
RUN = re.compile(r"(.)\1{2,}")
LOOKALIKES = str.maketrans("aceopxykmhtb", "асеорхукмнтв")
MASKS = str.maketrans("@0346", "аозчб")
TRANSLIT_CHUNK = re.compile(r"(?<![a-z46'`])[46'`]*+[a-z][a-z46'`]*")
WORD_EDGES = re.compile(r"^(\W*+)(.*\w)(\W*)$", re.DOTALL)
MOST_REPAIRED = 400
TRUSTED_SHARE = 0.6
RUSSIAN_SHARE = 0.4
MARGIN = 0.15


@dataclass(frozen=True)
class Repaired:
    """A message as it was understood; `is_changed` when words differ from what was typed."""

    text: str
    is_changed: bool


class Repairer:
    """Repairs messages against one lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._repair_word = lru_cache(maxsize=CACHED_WORDS)(WordFinder(lexicon).find)
        self._sound = lru_cache(maxsize=CACHED_WORDS)(
            partial(transliterate, frequency=lexicon.frequency)
        )

    def repair(self, message: str) -> Repaired:
        """Return the message as it was meant; a very long one is shortened first."""
        clean = shorten(clean_characters(shorten(message)))  # composed letters may be longer
        chunks = [self._unmix(chunk) for chunk in clean.split()]
        chunks = self._read_script(chunks)
        text = " ".join(self._repair_chunks(chunks))
        if words_of(text) == words_of(clean):
            return Repaired(clean, False)
        return Repaired(text, True)

    def _unmix(self, chunk: str) -> str:
        """Read a chunk that mixes the alphabets as a Russian word, when that is known."""
        word = fold(chunk)
        if not (re.search("[а-я]", word) and re.search("[a-z]", word)):
            return chunk
        alike = word.translate(LOOKALIKES)
        is_alike = all(self._lexicon.is_known(one) for one in words_of(alike))
        return alike if is_alike else self._as_sounded(word)

    def _read_script(self, chunks: list[str]) -> list[str]:
        """Read the line in the layout and alphabet in which most of it is known."""
        foreign = [chunk for chunk in chunks if _is_latin(chunk)]
        if foreign:
            english = self._english_share(foreign)
            switched = self._share(foreign, self._as_switched)
            sounded = self._share(foreign, self._as_sounded)
            best = max(switched, sounded)
            if best >= max(RUSSIAN_SHARE, english + MARGIN):
                read = self._as_switched if switched >= sounded else self._as_sounded
                return [read(chunk) if _is_latin(chunk) else chunk for chunk in chunks]
            if len(foreign) * 2 > len(chunks):
                return chunks
            return [self._read_alone(chunk) if _is_latin(chunk) else chunk for chunk in chunks]
        return self._read_as_english(chunks)

    def _read_alone(self, chunk: str) -> str:
        """Read one Latin chunk among Russian words, when one reading of it is surely known."""
        if not set(words_of(chunk)) - self._lexicon.english:
            return chunk
        for read in (self._as_switched, self._as_sounded):
            words = words_of(read(chunk))
            is_word = len(words) == 1 and len(words[0]) >= SHORTEST_REPAIRED
            if is_word and self._lexicon.is_known(words[0]):
                return read(chunk)
        return chunk

    def _read_as_english(self, chunks: list[str]) -> list[str]:
        """Read Russian gibberish as English, when the knowledge knows most of its words."""
        words = [word for chunk in chunks for word in words_of(chunk)]
        unknown = [word for word in words if not self._lexicon.is_known(word)]
        if len(unknown) * 2 <= len(words):
            return chunks
        switched = [switch_to_latin(chunk) for chunk in chunks]
        known = [word for one in switched for word in words_of(one)]
        hits = [word for word in known if word in self._lexicon.english]
        return switched if known and len(hits) / len(known) >= TRUSTED_SHARE else chunks

    def _share(self, chunks: list[str], read: Callable[[str], str]) -> float:
        words = [word for chunk in chunks for word in words_of(read(chunk))]
        letters = sum(map(len, words))
        if not letters:
            return 0.0
        return sum(self._lexicon.weight(word) for word in words) / letters

    def _english_share(self, chunks: list[str]) -> float:
        words = [word for chunk in chunks for word in words_of(chunk)]
        known = [word for word in words if word in self._lexicon.english]
        return sum(map(len, known)) / (sum(map(len, words)) or 1)

    def _as_switched(self, chunk: str) -> str:
        whole = switch_to_cyrillic(chunk)
        if self._lexicon.is_known(fold(whole)):
            return whole
        trimmed = chunk.rstrip(SIGN_KEYS)
        return switch_to_cyrillic(trimmed) + chunk[len(trimmed) :].translate(SIGNS)

    def _as_sounded(self, chunk: str) -> str:
        return TRANSLIT_CHUNK.sub(lambda m: self._sound(m[0]), chunk.lower())

    def _repair_chunks(self, chunks: list[str]) -> Iterator[str]:
        """Yield the chunks with unknown words repaired: the first MOST_REPAIRED letters of them.

        What holds more unknown letters than that is no message with typos.
        """
        letters = 0
        for chunk in chunks:
            match = self._find_unknown(chunk)
            if match and letters < MOST_REPAIRED:
                letters += len(match[2])
                yield f"{match[1]}{self._repair_word(fold(match[2]))}{match[3]}"
            else:
                yield chunk

    def _find_unknown(self, chunk: str) -> re.Match[str] | None:
        """A chunk's word and what stands around it; None when it is known or no word."""
        match = WORD_EDGES.match(chunk)
        word = fold(match[2]) if match else ""
        is_word = re.fullmatch(r"[а-яa-z0-9@*]+", word)
        return match if is_word and not self._lexicon.is_known(word) else None


class WordFinder:
    """Finds what an unknown word was meant to be, among the words of a lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def find(self, word: str) -> str:
        """Find what an unknown word was meant to be; the word itself when nothing is near."""
        if not re.search("[а-я]", word):
            return word
        unmasked = word.translate(LOOKALIKES).translate(MASKS)
        for candidate in (unmasked, RUN.sub(r"\1", unmasked), RUN.sub(r"\1\1", unmasked)):
            if self._lexicon.is_known(candidate):
                return candidate
        if "*" in word:
            return self._unmask(word) or word
        unmasked = RUN.sub(r"\1", unmasked)
        rest = unmasked.removeprefix(NEGATION)
        if rest != unmasked and self._lexicon.is_known(rest):
            return f"{NEGATION} {rest}"
        near = self._nearest(unmasked)
        return near or " ".join(split_words(unmasked, self._lexicon)) or word

    def _unmask(self, word: str) -> str | None:
        """The only word that one masked letter leaves possible; None when there are several."""
        if word.count("*") > 1:
            return None
        pattern = re.compile(re.escape(word).replace(r"\*", "[а-я]"))
        fitting = [one for one in self._lexicon.repairable if pattern.fullmatch(one)]
        return fitting[0] if len(fitting) == 1 else None

    def _nearest(self, word: str) -> str | None:
        """The most frequent known word within one typo, or two in a long word."""
        if len(word) < SHORTEST_REPAIRED:
            return None
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import extract

        most = 2 if len(word) >= LONG_WORD else 1
        near_in_length = self._lexicon.repairable_of(len(word), most)
        found = extract(word, near_in_length, scorer=OSA.distance, score_cutoff=most, limit=5)
        near = [one for one in found if _has_negation(one[0]) == _has_negation(word)]
        if not near:
            return None
        return str(min(near, key=lambda one: (one[1], one[2]))[0])


def shorten(message: str) -> str:
    """Keep the beginning and the end of a very long message: the ask stands in one of them."""
    if len(message) <= READ_CHARS:
        return message
    words, half = message.strip(), (READ_CHARS - len(CUT)) // 2
    return words if len(words) <= READ_CHARS else f"{words[:half]}{CUT}{words[-half:]}"


def is_too_long(message: str) -> bool:
    """Whether only the beginning and the end of a message are read."""
    return len(message.strip()) > READ_CHARS


def clean_characters(message: str) -> str:
    """Compose letters and drop what carries no word: controls, direction marks, stray accents."""
    composed = unicodedata.normalize("NFKC", message)
    kept = (
        " " if char.isspace() else char
        for char in composed
        if char.isspace() or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Mn", "Me", "Co")
    )
    return "".join(kept)


def _has_negation(word: str) -> bool:
    return word.startswith(NEGATION)


def _is_latin(chunk: str) -> bool:
    letters = [char for char in chunk.lower() if char.isalpha()]
    if not letters:
        return bool(re.search(r"[;'\[\]`]", chunk)) and len(chunk) > 1
    return all(char in LATIN for char in letters)
