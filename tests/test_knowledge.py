"""The real knowledge folder is whole and proven; a spoiled one publishes nothing."""

from __future__ import annotations

import codecs
import itertools
import re
from pathlib import Path

import pytest

from coach.errors import KnowledgeError
from coach.instruction.knowledge import (
    Knowledge,
    copy_knowledge,
    knowledge_version,
    load_knowledge,
)
from coach.instruction.provenance import is_same_phrase, read_repairs
from coach.instruction.questions import RESERVED
from coach.settings import PROJECT_FOLDER

KNOWLEDGE = PROJECT_FOLDER / "knowledge"
IDS = {
    "boss_phone", "threats_insults", "child_caller", "aggressive_complaint", "personal_offtopic",
    "partly_heard", "operator_unwell", "indirect_talk", "slow_speaker", "duties", "rights",
    "liability", "cold_calls",
}  # fmt: skip
NOISE = ("Скачать бесплатно", "Trud", "Герба России", "title=", "найма до увольнения", "© 2017")


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge(KNOWLEDGE)


def test_every_situation_and_topic_has_a_file(knowledge: Knowledge) -> None:
    assert set(knowledge.situations) == IDS
    topics = {one.id for one in knowledge.situations.values() if one.kind == "topic"}
    assert topics == {"duties", "rights", "liability", "cold_calls"}


def test_the_instruction_is_kept_as_received(shared: Path) -> None:
    received = (shared / "instruction/operator-instruction.txt").read_bytes()
    assert (KNOWLEDGE / "instruction/operator-instruction.txt").read_bytes() == received


def test_every_span_is_its_slice_of_the_document(knowledge: Knowledge) -> None:
    repairs = read_repairs(KNOWLEDGE / "repairs.yaml")
    phrases = 0
    for one in knowledge.situations.values():
        for item in (*one.when, *one.say, *one.do, *one.avoid, *one.conflicts):
            for span in item.spans:
                whole = knowledge.documents[span.passage.document].text
                assert whole[span.start : span.end] == span.quote != ""
        for phrase in one.say:
            assert is_same_phrase(phrase.text, phrase.spans[0].quote, repairs)
            phrases += 1
    assert phrases >= 12


def test_noise_and_repeated_titles_are_in_no_passage(knowledge: Knowledge) -> None:
    received = knowledge.documents["operator-instruction.txt"].text
    assert all(noise in received for noise in NOISE)
    for passage in knowledge.passages:
        assert not [noise for noise in NOISE if noise in passage.text]
        assert "Должностная Инструкция Оператора Call Центра" not in passage.text


def test_passages_do_not_overlap(knowledge: Knowledge) -> None:
    spans = sorted((passage.start, passage.end) for passage in knowledge.passages)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))


def test_the_contradiction_is_shown_with_both_places_and_not_blended(knowledge: Knowledge) -> None:
    for name in ("duties", "rights"):
        (conflict,) = knowledge.situations[name].conflicts
        quotes = " / ".join(span.quote for span in conflict.spans)
        assert "Отсутствуют" in quotes
        assert "находятся у него в подчинении" in quotes
        assert {span.passage.situation_id for span in conflict.spans} == {"duties", "rights"}


def test_children_have_two_variants(knowledge: Knowledge) -> None:
    assert [one.variant for one in knowledge.situations["child_caller"].say] == [1, 2]


def test_the_version_follows_every_byte(small_knowledge: Path) -> None:
    before = knowledge_version(small_knowledge)
    path = small_knowledge / "questions/none.txt"
    path.write_text(path.read_text("utf-8") + "# примечание\n", "utf-8")
    assert knowledge_version(small_knowledge) != before


def spoil(folder: Path, name: str, old: str, new: str) -> int:
    """Replace a text once; return the number of the line it stood on."""
    path = folder / name
    words = path.read_text(encoding="utf-8")
    assert old in words
    path.write_text(words.replace(old, new, 1), encoding="utf-8")
    return words[: words.index(old)].count("\n") + 1


REPEATED = "> предоставить такую информацию нет возможности"
SLIPS = [
    ("boss_phone.md", "Извините, предоставить", "Простите, предоставить", "фраза не равна"),
    ("boss_phone.md", "> Если вы хотите передать", "> Если хотите передать", "цитаты нет"),
    ("boss_phone.md", REPEATED, "> информацию", "несколько"),
    ("boss_phone.md", "## Нельзя", "## Запреты", "незнакомый раздел"),
    ("boss_phone.md", "id: boss_phone", "id: boss", "именем файла"),
    ("boss_phone.md", "owner: Отдел обучения", "owner:", "«owner»"),
    ("boss_phone.md", "title: ", "title: [", "не читаются"),
    ("boss_phone.md", "related: []", "related: [nobody]", "nobody"),
    ("boss_phone.md", "from: Человек", "from: Некто", "цитаты нет"),
    ("boss_phone.md", "---\nid", "id", "начало файла"),
    ("child_caller.md", "### Вариант 2", "### Второй", "номера"),
    ("slow_speaker.md", "## Нельзя\n", "## Нельзя\n\nпросто текст\n", "вне списка"),
    ("slow_speaker.md", "  > Законы этики", "  Законы этики", "цитата"),
    ("slow_speaker.md", "owner:", "kind: рассказ\nowner:", "kind"),
    ("slow_speaker.md", "urgency: 7", "urgency: срочно", "urgency"),
    ("slow_speaker.md", "urgency: 7", "urgency: true", "urgency"),
    ("slow_speaker.md", "urgency: 7", "urgency: 7.5", "urgency"),
    ("slow_speaker.md", "owner:", "quick: [1]\nowner:", "quick"),
    ("slow_speaker.md", "title: ", "title: [да] # ", "title"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "expected"), SLIPS)
def test_a_slip_names_file_and_remedy(
    small_knowledge: Path, name: str, old: str, new: str, expected: str
) -> None:
    spoil(small_knowledge, f"situations/{name}", old, new)
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(small_knowledge)
    assert [slip for slip in caught.value.slips if slip.path.name == name and slip.line >= 1]
    assert expected in str(caught.value)
    assert re.search(rf"{name}:\d+: ", str(caught.value))


def test_a_changed_phrase_names_its_line_and_both_texts(small_knowledge: Path) -> None:
    line = spoil(small_knowledge, "situations/boss_phone.md", "- Извините,", "- Простите,")
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(small_knowledge)
    (slip,) = caught.value.slips
    assert slip.line == line
    assert "Простите, предоставить" in slip.message
    assert "В инструкции: «Извините," in slip.message


def test_all_slips_are_named_at_once(small_knowledge: Path) -> None:
    spoil(small_knowledge, "situations/boss_phone.md", "- Извините,", "- Простите,")
    spoil(small_knowledge, "situations/slow_speaker.md", "> Законы этики", "> Законы эстетики")
    (small_knowledge / "questions/none.txt").write_text("# пусто\n", "utf-8")
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(small_knowledge)
    assert {slip.path.name for slip in caught.value.slips} == {
        "boss_phone.md", "slow_speaker.md", "none.txt",
    }  # fmt: skip


def test_an_excerpt_of_another_situation_is_refused(small_knowledge: Path) -> None:
    spoil(
        small_knowledge,
        "situations/slow_speaker.md",
        "  > Законы этики запрещают оператору просить клиента говорить быстрее.",
        "  > Человек требует сказать телефон руководства.",
    )
    with pytest.raises(KnowledgeError, match="цитаты нет в отрывках этой ситуации"):
        load_knowledge(small_knowledge)


def test_empty_and_broken_folders_are_told_clearly(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(tmp_path)
    assert "нет текста инструкции" in str(caught.value)
    (tmp_path / "instruction").mkdir()
    (tmp_path / "instruction/a.txt").write_bytes("текст".encode("cp1251"))
    with pytest.raises(KnowledgeError, match="UTF-8"):
        load_knowledge(tmp_path)


def hide_files(folder: Path) -> None:
    """What editors and macOS leave: a lock that leads nowhere, resource forks, hidden folders."""
    (folder / "situations/.#rights.md").symlink_to("ann@desk.4711:1")
    (folder / "instruction/.deep").mkdir()
    (folder / "instruction/.deep/x.txt").write_text("чужое", "utf-8")
    for name in ("situations/._x.md", "questions/._x.txt", "instruction/._x.txt"):
        (folder / name).write_bytes(b"\x00\x05\x16\x07\xff")


def test_hidden_files_are_no_part_of_the_knowledge(small_knowledge: Path, tmp_path: Path) -> None:
    before = load_knowledge(small_knowledge)
    hide_files(small_knowledge)
    assert load_knowledge(small_knowledge) == before
    copy_knowledge(small_knowledge, tmp_path / "copy")
    assert load_knowledge(tmp_path / "copy") == before
    assert not list((tmp_path / "copy").rglob(".*"))


@pytest.mark.parametrize(
    "name", ["situations/boss_phone.md", "questions/boss_phone.txt", "repairs.yaml", "synonyms.txt"]
)
def test_a_byte_order_mark_changes_nothing(small_knowledge: Path, name: str) -> None:
    path = small_knowledge / name
    path.touch()
    before = load_knowledge(small_knowledge)
    path.write_bytes(codecs.BOM_UTF8 + path.read_bytes().replace(b"\n", b"\r\n"))
    after = load_knowledge(small_knowledge)
    assert after.questions == before.questions
    assert after.situations == before.situations
    assert after.synonyms == before.synonyms


@pytest.mark.parametrize(
    "name",
    [
        "situations/boss_phone.md",
        "questions/boss_phone.txt",
        "repairs.yaml",
        "synonyms.txt",
        "instruction/operator-instruction.txt",
    ],
)
def test_a_file_of_another_encoding_is_one_slip_at_its_line(
    small_knowledge: Path, name: str
) -> None:
    path = small_knowledge / name
    path.write_bytes(b"# one\n# two\n" + "# три\n".encode("cp1251"))
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(small_knowledge)
    (slip,) = caught.value.slips
    assert (slip.path, slip.line, "UTF-8" in slip.message) == (path, 3, True)


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ("- received: а\n  repaired: б\n- received: в\n", [3]),
        ("- received: а\n  repaired:\n- просто\n-\n", [1, 3, 4]),
        ("received: а\nrepaired: б\n", [1]),
        ("- received: [а]\n  repaired: ~\n", [1]),
        ("- a: 'не закрыта\n", [2]),
    ],
)
def test_a_row_of_repairs_that_is_no_pair_is_a_slip(
    small_knowledge: Path, rows: str, lines: list[int]
) -> None:
    path = small_knowledge / "repairs.yaml"
    path.write_text(rows, "utf-8")
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(small_knowledge)
    assert [(slip.path, slip.line) for slip in caught.value.slips] == [(path, n) for n in lines]


@pytest.mark.parametrize("name", RESERVED)
def test_a_situation_may_not_take_a_name_of_the_bank(small_knowledge: Path, name: str) -> None:
    source = (small_knowledge / "situations/boss_phone.md").read_text("utf-8")
    path = small_knowledge / f"situations/{name}.md"
    path.write_text(source.replace("id: boss_phone", f"id: {name}"), "utf-8")
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(small_knowledge)
    (slip,) = caught.value.slips
    assert (slip.path, name in slip.message) == (path, True)


def test_one_broken_situation_is_not_told_at_every_place_that_names_it(
    small_knowledge: Path,
) -> None:
    spoil(small_knowledge, "situations/child_caller.md", "related: []", "related: [boss_phone]")
    bank = small_knowledge / "questions/child_caller.txt"
    bank.write_text("## вместе: boss_phone\nребёнок просит директора\n" * 5, "utf-8")
    spoil(small_knowledge, "situations/boss_phone.md", "---\nid", "id")
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(small_knowledge)
    assert [slip.path.name for slip in caught.value.slips] == ["boss_phone.md"]


def test_a_file_that_is_not_given_to_read_is_told(
    small_knowledge: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    for read in (load_knowledge, knowledge_version):
        with pytest.raises(KnowledgeError, match=r"txt:1: .*Permission denied"):
            read(small_knowledge)
