"""Masking: private data never leaves, and comes back on the operator's screen alone."""

from __future__ import annotations

import json

import pytest

from coach.coaching import Coach
from coach.privacy.masking import find_private, mask, strip_placeholders
from coach.privacy.numbers import is_card, is_inn, is_snils
from eval.privacy import MESSAGES, NUMBERED, compare_recognition, look, recall

PRIVATE = [
    ("phone", "звоните 8 916 204-17-38 после обеда", "8 916 204-17-38"),
    ("phone", "тел +7(495)204-31-77", "+7(495)204-31-77"),
    ("card", "карта 2200700455183128 не проходит", "2200700455183128"),
    ("passport", "паспорт серия 45 10 номер 123456", "45 10 номер 123456"),
    ("snils", "снилс 140556678 59", "140556678 59"),
    ("inn", "инн 526011407846 у него", "526011407846"),
    ("email", "пишите на anna.k@mail.ru", "anna.k@mail.ru"),
    ("address", "живёт ул. Суворова, д. 118, кв. 40", "ул. Суворова, д. 118, кв. 40"),
    ("name", "позвоните Сидорову он ждёт", "Сидорову"),
    ("name", "звонит иванова мария петровна", "иванова мария петровна"),
]
HARMLESS = [
    "номер заказа 7715034412 говорит оплатил",
    "вера в людей пропала после этой смены",
    "доставка назначена на 14.03.2025 с 9:00 до 12:00",
    "по теории Шиффмана как реагировать",
    "требует телефон директора",
    "",
]
FEWEST_NUMBERED, FEWEST_NAMES = 0.98, 0.9
MOST_LOST = 0.01


@pytest.mark.parametrize(("kind", "message", "private"), PRIVATE)
def test_private_data_is_replaced_and_put_back(kind: str, message: str, private: str) -> None:
    (found,) = find_private(message)
    assert (found.kind, message[found.start : found.end]) == (kind, private)
    (masked,) = mask([message])
    assert private not in masked.text
    assert masked.restore(masked.text) == message


@pytest.mark.parametrize("message", HARMLESS)
def test_what_is_not_private_stays(message: str) -> None:
    assert mask([message])[0].text == message


def test_one_person_has_one_placeholder_in_a_conversation() -> None:
    first, second = mask(["клиент Сидоров орёт", "клиент Сидоров и клиент Бородин"])
    (label,) = first.hidden
    assert label in second.text
    assert len(second.hidden) == 2
    assert second.restore(f"{label} ждёт") == "Сидоров ждёт"


def test_checksums() -> None:
    assert is_card("2200700455183128")
    assert not is_card("2200700455183129")
    assert not is_card("0000000000000000")
    assert is_snils("14055667859")
    assert not is_snils("14055667858")
    assert is_inn("526011407846")
    assert is_inn("2312077450")
    assert not is_inn("2312077451")


@pytest.mark.parametrize("message", ["8" * 50_000, "Иванов " * 7000, "ул. " * 10_000, "@" * 10_000])
def test_odd_input_is_masked_in_time(message: str) -> None:
    (masked,) = mask([message])
    assert masked.restore(masked.text) == message


def test_recall_on_labelled_messages() -> None:
    rows = [json.loads(line) for line in MESSAGES.read_text("utf-8").splitlines()]
    secrets = [one for row in rows for one in look(row)]
    assert len(rows) >= 200
    assert recall(secrets, NUMBERED) >= FEWEST_NUMBERED
    assert recall(secrets, ("name",)) >= FEWEST_NAMES


def test_recognition_is_not_worse_after_masking(coach: Coach) -> None:
    plain, masked = compare_recognition([private for _, _, private in PRIVATE])
    assert masked >= plain - MOST_LOST


def test_placeholders_are_no_words_of_the_message(coach: Coach) -> None:
    reply = coach.reply([], "[ИМЯ_1] [ТЕЛЕФОН_1] говорит очень медленно")
    assert reply.situations[0].id == "slow_speaker"
    assert strip_placeholders("[ИМЯ_1] и [1]").split() == ["и", "[1]"]
