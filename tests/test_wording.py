"""A step or a prohibition is proven by its quote, or a trainer signs it by name."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from coach import build_index
from coach.answering.card import build_reply
from coach.assembly import report_nothing
from coach.checking import check_draft
from coach.errors import KnowledgeError, Slip
from coach.instruction.knowledge import load_knowledge
from coach.instruction.synonyms import read_synonyms
from coach.proving.thesaurus import Thesaurus
from coach.proving.verdict import Verdict
from coach.proving.wording import Wording, prove_wording
from coach.settings import PROJECT_FOLDER, Settings
from coach.texts import text
from coach.understanding.decision import Decision

LABELLED = Path(__file__).with_name("labelled") / "wordings.yaml"
ROWS: dict[str, list[dict[str, Any]]] = yaml.safe_load(LABELLED.read_text(encoding="utf-8"))
KNOWLEDGE = PROJECT_FOLDER / "knowledge"
STEP = "1. Узнайте, есть ли рядом взрослый, с которым можно продолжить разговор."
LIE = "1. Немедленно положите трубку, с ребёнком не разговаривайте."
SIGNED = "   формулировка: Анна Петрова"


@pytest.fixture(scope="module")
def prove() -> Callable[[dict[str, Any]], Verdict]:
    thesaurus = Thesaurus(read_synonyms(KNOWLEDGE / "synonyms.txt")[0])

    def prove_row(row: dict[str, Any]) -> Verdict:
        signs = (row["when"],) if "when" in row else ()
        spoken = bool(row.get("is_spoken"))
        wording = Wording(row["kind"], row["text"], row["quote"], signs=signs, is_spoken=spoken)
        return prove_wording(wording, thesaurus)

    return prove_row


@pytest.mark.parametrize("row", ROWS["proven"], ids=lambda row: row["text"])
def test_an_honest_paraphrase_is_proven(
    row: dict[str, Any], prove: Callable[[dict[str, Any]], Verdict]
) -> None:
    assert prove(row) == Verdict()


@pytest.mark.parametrize("row", ROWS["unproven"], ids=lambda row: f"{row['kind']} {row['text']}")
def test_what_the_quote_does_not_say_is_not_proven(
    row: dict[str, Any], prove: Callable[[dict[str, Any]], Verdict]
) -> None:
    assert not prove(row).is_proven


def spoil(folder: Path, name: str, line: str, other: str) -> Path:
    path = folder / "situations" / f"{name}.md"
    words = path.read_text(encoding="utf-8")
    assert words.count(line) == 1
    path.write_text(words.replace(line, other), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shipped knowledge that one test after another spoils and mends."""
    return shutil.copytree(KNOWLEDGE, tmp_path_factory.mktemp("shipped") / "knowledge")


def slips_of_spoiled(folder: Path, line: str, other: str) -> list[Slip]:
    """The slips when the step or prohibition that begins so is replaced by another."""
    wanted = re.compile(rf"^((?:\d+\.|-) ){re.escape(line)}.*$", re.MULTILINE)
    for path in sorted((folder / "situations").glob("*.md")):
        words = path.read_text(encoding="utf-8")
        head, steps = words.split("## Сделать")
        if wanted.search(steps):
            spoiled = wanted.sub(rf"\g<1>{other}", steps, count=1)
            path.write_text(f"{head}## Сделать{spoiled}", encoding="utf-8")
            try:
                load_knowledge(folder)
            except KnowledgeError as error:
                return error.slips
            finally:
                path.write_text(words, encoding="utf-8")
            return []
    raise LookupError(line)


@pytest.mark.parametrize("row", ROWS["spoiled"], ids=lambda row: row["text"])
def test_a_spoiled_line_of_the_shipped_knowledge_is_a_slip(
    row: dict[str, str], shipped: Path
) -> None:
    assert len(slips_of_spoiled(shipped, row["line"], row["text"])) == 1


@pytest.mark.xfail(strict=True, reason="words that only name people claim nothing to the proof")
@pytest.mark.parametrize("row", ROWS["unseen"], ids=lambda row: row["text"])
def test_a_spoiled_line_that_the_proof_does_not_see_yet(row: dict[str, str], shipped: Path) -> None:
    assert slips_of_spoiled(shipped, row["line"], row["text"])


def test_a_lie_under_a_true_quote_is_a_slip_with_its_file_and_line(small_knowledge: Path) -> None:
    path = spoil(small_knowledge, "child_caller", STEP, LIE)
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(small_knowledge)
    (slip,) = caught.value.slips
    number = path.read_text(encoding="utf-8").splitlines().index(LIE) + 1
    assert (slip.path, slip.line) == (path, number)
    assert "разговаривайте" in slip.message
    assert "Рядом с Вами есть взрослый человек" in slip.message


def test_a_lie_is_not_offered_for_publishing_on_the_page(small_settings: Settings) -> None:
    build_index(small_settings, report=report_nothing)
    path = small_settings.knowledge / "situations" / "child_caller.md"
    draft = check_draft(
        "child_caller", path.read_text(encoding="utf-8").replace(STEP, LIE), small_settings
    )
    assert draft.card is None
    assert [slip.line for slip in draft.slips] == [34]


@pytest.mark.parametrize(
    "block",
    [
        f"{LIE}\n{SIGNED}",
        f"{LIE}\n\n{SIGNED}",
    ],
)
def test_a_trainer_signs_a_reading_by_name_and_the_card_shows_it(
    small_knowledge: Path, block: str
) -> None:
    spoil(small_knowledge, "child_caller", STEP, block)
    knowledge = load_knowledge(small_knowledge)
    reply = build_reply(
        "ребёнок", None, Decision(True, (("child_caller", 1.0),), (), None), knowledge
    )
    assert reply.do[0].reading == "Анна Петрова"
    assert reply.do[0].text == LIE.removeprefix("1. ")
    assert "(формулировка тренера, Анна Петрова)" in reply.text
    assert not reply.is_sealed


def test_a_signature_may_stand_behind_the_quote(small_knowledge: Path) -> None:
    quote = "   > Рядом с Вами есть взрослый человек, с кем я могу продолжить разговор\n"
    path = small_knowledge / "situations" / "child_caller.md"
    head, steps = path.read_text(encoding="utf-8").split("## Сделать")
    steps = steps.replace(STEP, LIE).replace(quote, f"{quote}{SIGNED}\n")
    path.write_text(f"{head}## Сделать{steps}", encoding="utf-8")
    step = load_knowledge(small_knowledge).situations["child_caller"].do[0]
    assert step.signed_by == "Анна Петрова"
    assert step.spans[0].quote.endswith("продолжить разговор")


@pytest.mark.parametrize(
    ("line", "other"),
    [
        (STEP, f"{STEP}\n   формулировка:"),
        (STEP, f"{STEP}\n{SIGNED}\n{SIGNED}"),
        (
            "- По телефону говорит ребёнок.",
            "- По телефону говорит ребёнок.\n  формулировка: Анна Петрова",
        ),
    ],
)
def test_a_signature_without_a_name_or_beside_a_phrase_is_a_slip(
    small_knowledge: Path, line: str, other: str
) -> None:
    spoil(small_knowledge, "child_caller", line, other)
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(small_knowledge)
    assert text("slips.signature") in [slip.message for slip in caught.value.slips]


def test_steps_go_in_the_order_of_the_instruction(small_knowledge: Path) -> None:
    path = small_knowledge / "situations" / "slow_speaker.md"
    head, rest = path.read_text(encoding="utf-8").split("## Сделать\n\n")
    steps, tail = rest.split("\n\n## Нельзя")
    first, second, third = re.split(r"\n?\d\. ", steps)[1:]
    swapped = f"1. {second}\n2. {first}\n3. {third}"
    path.write_text(f"{head}## Сделать\n\n{swapped}\n\n## Нельзя{tail}", encoding="utf-8")
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(small_knowledge)
    assert [text("slips.wording.steps") in slip.message for slip in caught.value.slips] == [True]


def test_the_shipped_knowledge_is_proven_but_for_what_is_signed() -> None:
    situations = load_knowledge(KNOWLEDGE).situations.values()
    signed = [item.text for one in situations for item in (*one.do, *one.avoid) if item.signed_by]
    lines = sum(len(one.do) + len(one.avoid) for one in situations)
    assert lines > 35
    assert len(signed) == 2
