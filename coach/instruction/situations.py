"""Situation files: the Markdown that a trainer edits, parsed without judging it.

A file is YAML front matter and then the sections Когда, Сказать, Сделать, Нельзя, Противоречие.
Each list item is followed by its excerpt of the received text as a block quote. A step or a
prohibition may carry a line «формулировка: NAME»: a trainer signs it as their own reading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from coach.errors import Slip
from coach.instruction.files import read_words
from coach.instruction.questions import RESERVED
from coach.texts import text

SECTIONS = {
    "Когда": "when",
    "Сказать": "say",
    "Сделать": "do",
    "Нельзя": "avoid",
    "Противоречие": "conflicts",
}
SIGNED_SECTIONS = ("do", "avoid")
SIGNATURE = re.compile(r"^[ \t]*формулировка[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)
SITUATION, TOPIC = "situation", "topic"
KINDS = (SITUATION, TOPIC)
MOST_URGENT, LEAST_URGENT = 1, 9
REQUIRED_KEYS = ("id", "title", "owner", "reviewed", "passages")
WORDED_KEYS = ("id", "title", "owner", "reviewed", "quick")


@dataclass(frozen=True)
class DraftItem:
    """One list item as written: its text, its excerpts and the line it starts on.

    `signed_by` names the trainer who signs the text as their own reading of the excerpt, or is
    empty.
    """

    text: str
    excerpts: tuple[str, ...]
    line: int
    variant: int = 1
    signed_by: str = ""


@dataclass
class SituationDraft:
    """A situation file as written, before its provenance is proven."""

    path: Path
    front: dict[str, Any]
    items: dict[str, list[DraftItem]] = field(
        default_factory=lambda: {name: [] for name in SECTIONS.values()}
    )

    @property
    def id(self) -> str:
        return str(self.front["id"])

    def line_of(self, key: str) -> int:
        """The line of a front matter key, for messages; 1 where it is absent."""
        lines = read_words(self.path).splitlines()
        return next((n for n, line in enumerate(lines, 1) if line.strip().startswith(key)), 1)


def read_situation(path: Path) -> tuple[SituationDraft | None, list[Slip]]:
    """Parse one situation file; return what could be read and every slip of form in it."""
    source = read_words(path)
    match = re.match(r"---\n(.*?)\n---\n", source, re.DOTALL)
    if not match:
        return None, [Slip(path, 1, text("slips.no_front_matter"))]
    try:
        front = yaml.safe_load(match[1])
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # no date is a ValueError
        mark = getattr(error, "problem_mark", None)
        return None, [Slip(path, mark.line + 2 if mark else 1, text("slips.bad_yaml"))]
    slips = _check_front(path, front)
    if slips:
        return None, slips
    draft = SituationDraft(path, front)
    body = source[match.end() :]
    slips = _read_sections(draft, body, first_line=source[: match.end()].count("\n"))
    return draft, slips


def _check_front(path: Path, front: Any) -> list[Slip]:
    if not isinstance(front, dict):
        return [Slip(path, 1, text("slips.no_front_matter"))]
    slips = [
        Slip(path, 1, text("slips.missing_key", key=key))
        for key in REQUIRED_KEYS
        if not front.get(key)
    ]
    if not slips and front["id"] != path.stem:
        slips.append(Slip(path, 2, text("slips.id_is_file_name", expected=path.stem)))
    if path.stem in RESERVED:
        slips.append(Slip(path, 1, text("slips.reserved_id", name=path.stem)))
    slips += [
        Slip(path, 1, text("slips.not_words", key=key))
        for key in WORDED_KEYS
        if isinstance(front.get(key), (bool, list, dict))
    ]
    if front.get("kind", KINDS[0]) not in KINDS:
        slips.append(Slip(path, 1, text("slips.bad_kind", known=", ".join(KINDS))))
    urgency = front.get("urgency", LEAST_URGENT)
    is_whole = isinstance(urgency, int) and not isinstance(urgency, bool)
    if not (is_whole and MOST_URGENT <= urgency <= LEAST_URGENT):
        slips.append(Slip(path, 1, text("slips.bad_urgency", most=MOST_URGENT, least=LEAST_URGENT)))
    for key in ("related", "unanswered"):
        names = front.get(key) or []
        if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
            slips.append(Slip(path, 1, text(f"slips.bad_{key}")))
    anchors = front.get("passages") or []
    if not isinstance(anchors, list) or not all(map(_is_anchor, anchors)):
        slips.append(Slip(path, 1, text("slips.bad_passage")))
    return slips


def _is_anchor(anchor: Any) -> bool:
    """Whether it says where a passage begins and ends, and in which document if it says that."""
    return (
        isinstance(anchor, dict)
        and all(anchor.get(key) for key in ("section", "from", "to"))
        and isinstance(anchor.get("document", ""), str)
    )


def _read_sections(draft: SituationDraft, body: str, first_line: int) -> list[Slip]:
    slips: list[Slip] = []
    section, variant = "", 1
    for node in SyntaxTreeNode(MarkdownIt().parse(body)).children:
        line = first_line + (node.map[0] if node.map else 0) + 1
        if node.type == "heading" and node.tag == "h2":
            title = _plain(node)
            section, variant = SECTIONS.get(title, ""), 1
            if not section:
                known = ", ".join(SECTIONS)
                slips.append(Slip(draft.path, line, text("slips.unknown_section", known=known)))
        elif node.type == "heading" and node.tag == "h3" and section == "say":
            number = re.search(r"\d+", _plain(node))
            if number:
                variant = int(number[0])
            else:
                slips.append(Slip(draft.path, line, text("slips.variant_number")))
        elif node.type in ("bullet_list", "ordered_list") and section:
            for item in node.children:
                slips += _read_item(draft, section, item, first_line, variant)
        else:
            slips.append(Slip(draft.path, line, text("slips.stray_text")))
    return slips


def _read_item(
    draft: SituationDraft, section: str, node: SyntaxTreeNode, first_line: int, variant: int
) -> list[Slip]:
    line = first_line + (node.map[0] if node.map else 0) + 1
    words = [_plain(child) for child in node.children if child.type == "paragraph"]
    excerpts = [
        _plain(paragraph)
        for child in node.children
        if child.type == "blockquote"
        for paragraph in child.children
    ]
    signatures = [name.strip() for part in (*words, *excerpts) for name in SIGNATURE.findall(part)]
    words, excerpts = _without_signatures(words), _without_signatures(excerpts)
    if signatures and (section not in SIGNED_SECTIONS or len(signatures) > 1 or not signatures[0]):
        return [Slip(draft.path, line, text("slips.signature"))]
    if (
        len(words) != 1
        or not words[0]
        or any(child.type not in ("paragraph", "blockquote") for child in node.children)
    ):
        return [Slip(draft.path, line, text("slips.item_form"))]
    if section == "conflicts":
        excerpts = [part for excerpt in excerpts for part in excerpt.split("\n")]
        if len(excerpts) < 2:
            return [Slip(draft.path, line, text("slips.conflict_excerpts"))]
        if len({_one_line(one) for one in excerpts}) < len(excerpts):
            return [Slip(draft.path, line, text("slips.same_excerpts"))]
    elif len(excerpts) != 1:
        return [Slip(draft.path, line, text("slips.one_excerpt"))]
    received = tuple(map(_one_line, excerpts))
    item = DraftItem(_one_line(words[0]), received, line, variant, "".join(signatures))
    draft.items[section].append(item)
    return []


def _without_signatures(paragraphs: list[str]) -> list[str]:
    """The paragraphs without the line that signs them; one that only signs is left out."""
    rest = [SIGNATURE.sub("", part).strip() for part in paragraphs]
    return [part for part, before in zip(rest, paragraphs, strict=True) if part or not before]


def _plain(node: SyntaxTreeNode) -> str:
    return "".join(child.content for child in node.children if child.type == "inline").strip()


def _one_line(words: str) -> str:
    return " ".join(words.split())
