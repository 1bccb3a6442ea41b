"""Russian in Latin letters, with the habits that people have, back into Cyrillic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

# Latin letters to what they may stand for, the likeliest first; the longest key is read first.
SOUNDS: dict[str, tuple[str, ...]] = {
    "shch": ("щ",), "sch": ("щ", "сч"), "shh": ("щ",), "sh": ("ш", "сх"), "ch": ("ч",),
    "zh": ("ж", "зх"), "kh": ("х",), "ts": ("ц", "тс"), "tz": ("ц",), "yo": ("е", "йо"),
    "jo": ("е", "жо", "йо"), "yu": ("ю",), "ju": ("ю",), "iu": ("ю", "иу"),
    "ya": ("я",), "ja": ("я",),
    "ia": ("ия", "я", "иа"), "ye": ("е", "ые", "ье"), "je": ("е", "же"), "yi": ("ый", "и"),
    "yy": ("ый",), "iy": ("ий",), "ij": ("ий",), "ii": ("ии", "ий"), "yj": ("ый",),
    "aya": ("ая",), "iju": ("ию",), "iyu": ("ию",), "iya": ("ия",), "ija": ("ия",),
    "iye": ("ие",), "ije": ("ие",), "uu": ("ую", "уу"), "ph": ("ф",), "ck": ("к",),
    "ee": ("ее", "и"),
    "oo": ("у", "оо"),
    "a": ("а",), "b": ("б",), "c": ("ц", "к", "с"), "d": ("д",), "e": ("е", "э"), "f": ("ф",),
    "g": ("г", "ж"), "h": ("х",), "i": ("и", "й", "ы"), "j": ("й", "ж", "дж"), "k": ("к",),
    "l": ("л",), "m": ("м",), "n": ("н",), "o": ("о",), "p": ("п",), "q": ("к", "я"),
    "r": ("р",), "s": ("с",), "t": ("т",), "u": ("у", "ю"), "v": ("в",), "w": ("ш", "в", "щ"),
    "x": ("х", "кс"), "y": ("ы", "й", "и", "у"), "z": ("з", "ж"), "4": ("ч",), "6": ("ш",),
    "'": ("ь",), "`": ("ь",),
}  # fmt: skip
LONGEST = max(map(len, SOUNDS))
TRIED = 96
SOFTENED = 8
LONGEST_READ = 60
SOFT = frozenset("бвдзлмнпрстфшчжщ")


def transliterate(word: str, frequency: Callable[[str], float]) -> str:
    """Return the likeliest Cyrillic reading of a Latin word.

    `frequency` says how common a Cyrillic word is, 0 when it is not known. The most common reading
    wins; among unknown ones the plainest. Of a longer run than a word only the plainest is tried.
    """
    parts = _split(word)
    if len(word) > LONGEST_READ:
        return "".join(sounds[0] for sounds in parts)
    readings = list(islice(_readings(parts), TRIED))
    best = max(readings, key=frequency)
    if not frequency(best):
        best = max((soft for one in readings[:SOFTENED] for soft in _soften(one)), key=frequency)
    return best if frequency(best) else readings[0]


def _soften(reading: str) -> Iterator[str]:
    """Yield a reading with a soft sign put in after each consonant: many leave it out."""
    yield reading
    for place, char in enumerate(reading, 1):
        if char in SOFT:
            yield f"{reading[:place]}ь{reading[place:]}"


def _readings(parts: list[tuple[str, ...]]) -> Iterator[str]:
    """Yield readings in the order of how few unlikely sounds they take."""
    for unlikely in range(4):
        yield from _choose(parts, unlikely)


def _split(word: str) -> list[tuple[str, ...]]:
    parts = []
    place = 0
    while place < len(word):
        for size in range(min(LONGEST, len(word) - place), 0, -1):
            sounds = SOUNDS.get(word[place : place + size])
            if sounds:
                parts.append(sounds)
                place += size
                break
        else:
            parts.append((word[place],))
            place += 1
    return parts


def _choose(parts: list[tuple[str, ...]], unlikely: int) -> Iterator[str]:
    """Yield the readings in which exactly so many parts are not read in the likeliest way."""
    if not parts:
        if unlikely == 0:
            yield ""
        return
    head, rest = parts[0], parts[1:]
    for tail in _choose(rest, unlikely):
        yield head[0] + tail
    if unlikely:
        for sound in head[1:]:
            for tail in _choose(rest, unlikely - 1):
                yield sound + tail
