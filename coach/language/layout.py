"""The two keyboard layouts, key by key."""

from __future__ import annotations

LATIN_KEYS = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
CYRILLIC_KEYS = "ёйцукенгшщзхъфывапролджэячсмитьбю"
SHIFTED = {"~": "ё", "{": "х", "}": "ъ", ":": "ж", '"': "э", "<": "б", ">": "ю"}
TO_CYRILLIC = {**dict(zip(LATIN_KEYS, CYRILLIC_KEYS, strict=True)), **SHIFTED}
TO_LATIN = dict(zip(CYRILLIC_KEYS, LATIN_KEYS, strict=True))


def switch_to_cyrillic(chunk: str) -> str:
    """Read keys that were typed in the Latin layout as Russian, letter for letter."""
    return "".join(TO_CYRILLIC.get(char, char) for char in chunk.lower())


def switch_to_latin(chunk: str) -> str:
    """Read keys that were typed in the Russian layout as English, letter for letter."""
    return "".join(TO_LATIN.get(char, char) for char in chunk.lower())
