"""Masking: private data never leaves, and comes back on the operator's screen alone."""

from __future__ import annotations

import json
import time

import pytest

from coach.coaching import Coach
from coach.privacy import names
from coach.privacy.masking import Masked, find_private, mask, strip_placeholders
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


# What a pattern might begin anew at every character: runs, separators, and what it looks for.
UNITS = (
    "a", "А", "я", "8", " ", "\t", "@", ".", "-", "?", ",", "a.", "a@", "a@a.", "1-", "1 2", "1/",
    "а-", "Аа-", "Аа ", "Пушкина-", "Иванов ", "ИВАНОВ ", "И.", "ул. ", "ул", "кв 1 ", "д ", "г. ",
    "Ленина 1 ", "живу ", "адрес", "доставк", "ской 1 ", "один ", "владел", "держатель A ",
    "клиент", "11-11-11 ", "паспорт №", "собака ", "aя8@.- ",
)  # fmt: skip
LENGTH, MOST_SECONDS = 100_000, 2.0


@pytest.mark.parametrize("unit", UNITS)
def test_the_time_of_masking_grows_with_the_text(
    unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "_recognised", lambda message: [])  # natasha's model is another's
    for message in ((unit * LENGTH)[:LENGTH], f"а{(unit * LENGTH)[: LENGTH - 2]}а"):
        started = time.process_time()
        (masked,) = mask([message])
        assert masked.restore(masked.text) == message
        assert time.process_time() - started < MOST_SECONDS


def test_a_pasted_blob_of_letters_is_masked_at_once() -> None:
    mask(["клиент Сидоров"])  # loads natasha
    started = time.process_time()
    (masked,) = mask(["a" * 50_000])
    assert masked.hidden == {}
    assert time.process_time() - started < MOST_SECONDS


def test_a_placeholder_in_private_words_is_no_placeholder() -> None:
    masked = Masked("[ИМЯ_1] и [ИМЯ_2]", {"[ИМЯ_1]": "[ИМЯ_2]", "[ИМЯ_2]": "Пётр"})
    assert masked.restore(masked.text) == "[ИМЯ_2] и Пётр"


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
