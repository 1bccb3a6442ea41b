"""Private numbers: phones, bank cards, passports, SNILS and INN, and e-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

WORDS = Path(__file__).with_name("words.yaml")
PHONE, CARD, PASSPORT = "phone", "card", "passport"
SNILS, INN, EMAIL = "snils", "inn", "email"
BEFORE_CHARS = 28
FEWEST_SPOKEN = 6
SNILS_MODULUS = 101
INN_WEIGHTS = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


@dataclass(frozen=True)
class Found:
    """Private data of one kind at [start:end] of a message."""

    kind: str
    start: int
    end: int


@cache
def word_pattern(kind: str) -> str:
    """A list of words.yaml as a part of a regular expression."""
    lists: dict[str, str] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return lists[kind]


def is_card(digits: str) -> bool:
    """Whether digits pass the checksum of bank cards (Luhn; ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0 and len(set(digits)) > 1


def is_snils(digits: str) -> bool:
    """Whether eleven digits pass the checksum of SNILS (Pension Fund of Russia)."""
    total = sum(int(digit) * (9 - place) for place, digit in enumerate(digits[:9]))
    return total % SNILS_MODULUS % 100 == int(digits[9:])


def is_inn(digits: str) -> bool:
    """Whether ten or twelve digits pass the checksums of INN (Federal Tax Service of Russia)."""
    return all(
        int(digits[place])
        == sum(
            int(digit) * weight
            for digit, weight in zip(digits[:place], INN_WEIGHTS[11 - place :], strict=True)
        )
        % 11
        % 10
        for place in ((9,) if len(digits) == 10 else (10, 11))
    )


# Every repeat that the text may begin anew at each character is bounded: time grows with the text.
EMAIL_SHAPE = re.compile(
    r"[A-Za-z0-9._+-]{1,64}+\s?(?:@|собак[аи])\s?[\w-]{1,63}+(?:\.[\w-]{1,63}+)+"
)
CARD_SHAPE = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
SNILS_SHAPE = re.compile(r"(?<!\d)\d{3}[- ]?\d{3}[- ]?\d{3}[- ]{0,3}\d{2}(?!\d)")
SPELT_SNILS = re.compile(r"(?<!\d)(?<!\d[ -])\d(?:[ -]?\d){10}(?!\d)")
INN_SHAPE = re.compile(r"(?<!\d)\d{10}(?:\d{2})?(?!\d)")
SPELT_INN = re.compile(r"(?<!\d)(?<!\d[ -])\d(?:[ -]?\d){9}(?:(?:[ -]?\d){2})?(?![ -]?\d)")
SPELT_PASSPORT = re.compile(r"(?<!\d)(?<!\d[ -])\d(?:[ -]?\d){9}(?![ -]?\d)")
PASSPORT_SHAPE = re.compile(
    r"(?<!\d)\d{2}[ -]?\d{2}(?:\s*(?:,|№|n|номер|ном)\.?)*\s*[-]?\d{3}[ -]?\d{3}(?!\d)",
    re.IGNORECASE,
)
PLUS_PHONE = re.compile(r"(?<![\d.])\+\d(?:[ ().-]{0,3}\d){6,14}(?!\d)")
LONG_PHONE = re.compile(r"(?<![\d.])[78](?:[ ().\/-]{0,3}\d){10}(?!\d)")
PHONE_SHAPES = (
    LONG_PHONE,
    re.compile(r"(?<![\d.])\(?9\d{2}\)?(?:[ ().-]{0,3}\d){7}(?!\d)"),
    re.compile(r"(?<![\d.])\(\d{3,5}\)(?:[ .-]{0,3}\d){5,7}(?!\d)"),
    re.compile(r"(?<![\d.-])\d{3}[- ]\d{2}[- ]\d{2}(?![\d-])"),
    re.compile(r"(?<![\d.-])(?:3[2-9]|[4-9]\d)-\d{2}-\d{2}(?![\d-])"),  # no date of a month
)
SHORT_PHONE = re.compile(r"(?<![\d.])\d(?:[ ()-]{0,2}\d){4,10}(?!\d)")
DASHED_PHONE = re.compile(r"(?<![\d.-])\d{1,3}-\d{2}-\d{2}(?![\d-])")


def find_numbers(message: str) -> Iterator[Found]:
    """Yield the private numbers of a message; where two overlap the first one is meant."""
    for found in EMAIL_SHAPE.finditer(message):
        yield Found(EMAIL, *found.span())
    yield from _matching(message, CARD, CARD_SHAPE, lambda digits, _: is_card(digits))
    yield from _matching(message, SNILS, SNILS_SHAPE, _is_sure_snils)
    yield from _matching(message, SNILS, SPELT_SNILS, lambda _, before: _tells(before, "snils"))
    yield from _matching(message, INN, INN_SHAPE, _is_sure_inn)
    yield from _matching(message, PHONE, PLUS_PHONE, lambda _, before: True)
    yield from _matching(message, PHONE, LONG_PHONE, _is_called_phone)
    yield from _matching(message, INN, SPELT_INN, lambda _, before: _tells(before, "inn"))
    for shape in (PASSPORT_SHAPE, SPELT_PASSPORT):
        yield from _matching(message, PASSPORT, shape, _is_named_passport)
    for shape in PHONE_SHAPES:
        yield from _matching(message, PHONE, shape, _is_phone)
    yield from _matching(message, PASSPORT, PASSPORT_SHAPE, _is_passport)
    for shape in (DASHED_PHONE, SHORT_PHONE):
        yield from _matching(message, PHONE, shape, _is_called_phone)
    numerals = word_pattern("numerals")
    spoken = rf"\b(?:{numerals})(?:[\s,-]+(?:{numerals})){{{FEWEST_SPOKEN - 1},}}\b"
    halves = rf"\b(?:{numerals})(?:[\s,-]+(?:{numerals}))*(?:[ -]\d{{2,4}}){{2,4}}(?!\d)"
    for found in re.finditer(f"{spoken}|{halves}", message, re.IGNORECASE):
        yield Found(PHONE, *found.span())


def _matching(
    message: str, kind: str, shape: re.Pattern[str], is_private: Callable[[str, str], bool]
) -> Iterator[Found]:
    for found in shape.finditer(message):
        before = message[max(0, found.start() - BEFORE_CHARS) : found.start()].lower()
        if is_private(re.sub(r"\D", "", found[0]), before):
            yield Found(kind, *found.span())


def _tells(before: str, kind: str) -> bool:
    return bool(re.search(rf"(?<!\w)(?:{word_pattern(kind)})(?!\w)", before))


def _is_sure_snils(digits: str, before: str) -> bool:
    return _tells(before, "snils") or (is_snils(digits) and not _tells(before, "orders"))


def _is_sure_inn(digits: str, before: str) -> bool:
    if len(digits) not in (10, 12):
        return False
    if _tells(before, "inn"):
        return True
    is_other = _tells(before, "orders") or _tells(before, "phone") or _tells(before, "passport")
    return is_inn(digits) and not is_other


def _is_named_passport(digits: str, before: str) -> bool:
    return len(digits) == 10 and _tells(before, "passport")


def _is_passport(digits: str, before: str) -> bool:
    return len(digits) == 10 and not _tells(before, "orders")


def _is_phone(digits: str, before: str) -> bool:
    return not _tells(before, "orders")


def _is_called_phone(digits: str, before: str) -> bool:
    near = before[-BEFORE_CHARS // 2 :]
    return _tells(near, "phone") and not _tells(before, "orders")
