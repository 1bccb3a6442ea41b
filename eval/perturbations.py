"""What a seeded generator does to a question: the damage of hurried typing, neutral changes."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from coach.language.layout import TO_LATIN
from eval.neutral_changes import change_neutrally

NEUTRAL = "neutral"
TYPO_SHARE = 1 / 3
SHORTEST_TYPO_WORD = 4
LETTERS = "абвгдежзийклмнопрстуфхцчшщыэюяёъь"
TRANSLIT_HABITS = tuple(
    {**dict.fromkeys("ъь", soft), **dict(zip(LETTERS, latin.split(), strict=False))}
    for soft, latin in (
        ("'", "a b v g d e zh z i y k l m n o p r s t u f kh ts ch sh shch y e yu ya yo"),
        ("", "a b v g d e j z i j k l m n o p r s t u f h c ch sh sch i e ju ja e"),
        ("", "a b v g d e zh z i i k l m n o p r s t u f x c 4 w w y e u ya e"),
    )
)


def switch_layout(question: str, chance: random.Random) -> str:
    """Type the question in the Latin keyboard layout."""
    return "".join(TO_LATIN.get(char, char) for char in question.lower())


def transliterate(question: str, chance: random.Random) -> str:
    """Write the question in Latin letters, by one of three habits."""
    habit = chance.choice(TRANSLIT_HABITS)
    return "".join(habit.get(char, char) for char in question.lower())


def make_typos(question: str, chance: random.Random) -> str:
    """Put one typo into each of a third of the words of four letters or more."""

    def spoil(match: re.Match[str]) -> str:
        word = match[0]
        if len(word) < SHORTEST_TYPO_WORD or chance.random() >= TYPO_SHARE:
            return word
        place = chance.randrange(1, len(word) - 1)
        kind = chance.choice(("drop", "swap", "double", "replace"))
        if kind == "drop":
            return word[:place] + word[place + 1 :]
        if kind == "swap":
            return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        if kind == "double":
            return word[:place] + word[place] + word[place:]
        return word[:place] + chance.choice("абвгдеиклмнопрсту") + word[place + 1 :]

    return re.sub(r"[а-яё]+", spoil, question, flags=re.IGNORECASE)


def shout(question: str, chance: random.Random) -> str:
    """Write in capitals."""
    return question.upper()


def drop_punctuation(question: str, chance: random.Random) -> str:
    """Write as speech recognition does: small letters, no signs, е for ё."""
    return " ".join(re.findall(r"\w+", question.lower().replace("ё", "е")))


def lose_spaces(question: str, chance: random.Random) -> str:
    """Lose every third space."""
    words = question.split()
    return "".join(
        word if number % 3 == 1 and number < len(words) - 1 else f"{word} "
        for number, word in enumerate(words)
    ).strip()


def fold_yo(question: str, chance: random.Random) -> str:
    """Write е for ё."""
    return question.replace("ё", "е").replace("Ё", "Е")


PERTURBATIONS: dict[str, Callable[[str, random.Random], str]] = {
    "layout": switch_layout,
    "translit": transliterate,
    "typos": make_typos,
    "capitals": shout,
    "speech": drop_punctuation,
    "spaces": lose_spaces,
    "yo": fold_yo,
    NEUTRAL: change_neutrally,
}


def perturb(question: str, kind: str, seed: int) -> str:
    """Return the question damaged in one way; the same seed damages it the same."""
    return PERTURBATIONS[kind](question, random.Random(f"{seed}:{kind}:{question}"))
