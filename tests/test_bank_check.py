"""The bank check: repeats and contradictions."""

from __future__ import annotations

from coach.index.bank_check import check_bank
from coach.instruction.knowledge import load_knowledge
from coach.instruction.questions import BankQuestion
from coach.settings import PROJECT_FOLDER

SEED_AUTHORS = ("author_1", "author_2")


def test_same_words_other_situation_is_a_contradiction() -> None:
    bank = [
        BankQuestion("требует номер директора", ("boss",)),
        BankQuestion("Номера директоров требуют!", ("child",)),
        BankQuestion("требует номер шефа", ("child",)),
    ]
    (warning,) = check_bank(bank)
    assert warning.is_contradiction
    assert (warning.question, warning.earlier) == (bank[1], bank[0])


def test_same_words_same_situation_is_a_repeat() -> None:
    bank = [BankQuestion("дай номер", ("a", "b")), BankQuestion("номер дай", ("b", "a"))]
    assert [warning.is_contradiction for warning in check_bank(bank)] == [False]


def test_the_bank_holds_no_contradiction_and_no_repeat_besides_the_seeds() -> None:
    questions = load_knowledge(PROJECT_FOLDER / "knowledge").questions
    warnings = check_bank(questions)
    assert [w for w in warnings if w.is_contradiction] == []
    assert [w.question.place for w in warnings if w.question.author not in SEED_AUTHORS] == []
    assert all(one.place for one in questions)
