"""Repair of what was typed: broken input becomes what was meant, right words stay."""

from __future__ import annotations

import pytest

from coach.coaching import Coach, build_lexicon
from coach.language.layout import switch_to_cyrillic, switch_to_latin
from coach.language.lemmas import is_dictionary_word, words_of
from coach.language.lexicon import Lexicon
from coach.language.repair import MOST_REPAIRED, READ_CHARS, Repairer, clean_characters, shorten
from coach.language.segmentation import split_words
from coach.language.transliteration import transliterate
from eval.perturbations import PERTURBATIONS, perturb


@pytest.fixture(scope="module")
def repairer(coach: Coach) -> Repairer:
    return Repairer(build_lexicon(coach.knowledge))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("rkbtyn nht,etn ntktajy lbhtrnjhf", "клиент требует телефон директора"),
        ("ljk;yjcnyst j,zpfyyjcnb", "должностные обязанности"),
        ("klient trebuet telefon direktora", "клиент требует телефон директора"),
        ("4to govorit esli klient oret", "что говорит если клиент орет"),
        ("kak nazvat svoyu dolzhnost", "как назвать свою должность"),
        ("zhenshina krichit iz za braka", "женщина кричит из за брака"),
        ("xolodnye zvonki eto slozhno?", "холодные звонки это сложно?"),
        ("клиент kричит", "клиент кричит"),
        ("дай nomer директора", "дай номер директора"),
        ("тлефон дирктора", "телефон директора"),
        ("клиенттребуетномерначальника", "клиент требует номер начальника"),
        ("ааааалло клиент орёёёт", "алло клиент орет"),
        ("непозвонил клиент", "не позвонил клиент"),
        ("how do i handle personal questions", "how do i handle personal questions"),
        ("руддщ", "hello"),
        ("р\u0301е\u0301бенок в\u200b труб\u202eке", "ребенок в трубке"),
    ],
)
def test_what_was_meant_is_found(repairer: Repairer, typed: str, meant: str) -> None:
    assert repairer.repair(typed).text == meant


@pytest.mark.parametrize(
    "typed",
    [
        "мне стало плохо, что делать?",
        "iPhone не включается, клиент в ярости",
        "what should I say to a child on the phone",
        "клиент говорит: «дайте номер!»",
        "чебурек",
        "123 456",
    ],
)
def test_what_is_right_stays(repairer: Repairer, typed: str) -> None:
    repaired = repairer.repair(typed)
    assert (repaired.text, repaired.is_changed) == (typed, False)


def test_right_words_of_the_bank_are_never_touched(coach: Coach, repairer: Repairer) -> None:
    spoiled = []
    unmasked = [one for one in coach.knowledge.questions if "*" not in one.text]
    for question in unmasked[::7]:
        words = [word for word in words_of(question.text) if len(word) > 1]
        right = [word for word in words if is_dictionary_word(word)]
        left = set(words_of(repairer.repair(question.text).text))
        spoiled += [word for word in right if word not in left]
    assert spoiled == []


def test_a_negation_is_never_lost_or_made(coach: Coach) -> None:
    repairer = Repairer(Lexicon(["позвонил позвонил позвонил доволен доволен доволен"]))
    assert repairer.repair("непозвонил").text == "не позвонил"
    assert repairer.repair("недоволем").text != "доволен"


def test_a_masked_letter_is_restored_only_when_one_word_fits() -> None:
    repairer = Repairer(Lexicon(["дурацкий дурацкий дурацкий кот кот кот кит кит кит"]))
    assert repairer.repair("дур*цкий").text == "дурацкий"
    assert repairer.repair("к*т").text == "к*т"


def test_the_two_layouts_are_each_others_mirror() -> None:
    assert switch_to_cyrillic(switch_to_latin("съешь ещё этих мягких булок")) == (
        "съешь ещё этих мягких булок"
    )


def test_a_long_message_is_shortened_to_both_ends(repairer: Repairer) -> None:
    repaired = repairer.repair("ребёнок " + "середина " * 5000 + "директор")
    assert repaired.text.startswith("ребёнок")
    assert repaired.text.endswith("директор")
    assert len(repaired.text) <= READ_CHARS + 1


@pytest.mark.parametrize("message", ["ﷺ" * 5000, "а" * 5000, "  а" * 5000, "a" * 949, "4" * 1400])
def test_what_is_repaired_is_short(repairer: Repairer, message: str) -> None:
    assert len(repairer.repair(message).text) <= READ_CHARS


def test_spaces_around_are_not_read_for_the_message() -> None:
    assert shorten(" " * 5000 + "ребёнок" + "\n" * 5000) == "ребёнок"


def test_a_long_run_of_latin_letters_is_read_letter_by_letter() -> None:
    assert transliterate("privet" * 200, lambda word: 0.0) == "привет" * 200


def test_only_so_many_unknown_letters_are_repaired() -> None:
    repairer = Repairer(Lexicon(["директор директор директор"]))
    words = repairer.repair(" ".join(["дирктор"] * 100)).text.split()
    assert (words[0], words[-1]) == ("директор", "дирктор")
    assert words.count("директор") * len("дирктор") <= MOST_REPAIRED + len("дирктор")


def test_controls_and_directions_are_dropped() -> None:
    assert clean_characters("а\x00б\u202eв\ud800г") == "абвг"
    assert clean_characters("й\tё") == "й ё"


def test_words_are_split_only_where_all_parts_are_known() -> None:
    lexicon = Lexicon(["клиент требует номер"] * 3)
    assert split_words("клиенттребуетномер", lexicon) == ["клиент", "требует", "номер"]
    assert split_words("клиентщщщщщщщ", lexicon) == []
    assert split_words("клиент", lexicon) == []


@pytest.mark.parametrize("kind", PERTURBATIONS)
def test_damage_is_the_same_for_the_same_seed(kind: str) -> None:
    question = "Клиент ещё требует телефон директора, что ответить ему сейчас?"
    assert perturb(question, kind, 1) == perturb(question, kind, 1) != question


def test_a_damaged_question_gets_the_same_card_and_says_how_it_was_read(coach: Coach) -> None:
    reply = coach.reply([], "rkbtyn nht,etn ntktajy lbhtrnjhf")
    assert reply.situations[0].id == "boss_phone"
    assert reply.understood_as == "клиент требует телефон директора"
    assert "Понял как: клиент требует телефон директора" in reply.text
    assert coach.reply([], "клиент требует телефон директора").understood_as is None


@pytest.mark.parametrize(
    "message", ["заебал клиент", "гавно товар", "доебался до меня", "охуевший"]
)
def test_swearing_is_never_made_another_word(coach: Coach, message: str) -> None:
    assert coach.reply([], message).understood_as is None
