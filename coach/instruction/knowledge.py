"""Knowledge: everything the coach may say, proven; or nothing, with every slip named."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coach.errors import KnowledgeError, Slip
from coach.instruction.danger import FOLDER, DangerGuide, danger_files, read_danger
from coach.instruction.documents import (
    Passage,
    ReceivedDocument,
    list_documents,
    read_documents,
)
from coach.instruction.files import list_files, read_bytes
from coach.instruction.provenance import (
    ProvenItem,
    Repair,
    locate_passages,
    prove_items,
    read_repairs,
)
from coach.instruction.questions import NOT_ANSWERED, BankQuestion, read_questions
from coach.instruction.situations import KINDS, LEAST_URGENT, SituationDraft, read_situation
from coach.instruction.synonyms import read_synonyms
from coach.instruction.wordings import check_wordings, wording_proof
from coach.proving.wording import WordingProof
from coach.texts import text

VERSION_CHARS = 12
INSTRUCTION = "instruction"
KNOWLEDGE_FILES = ("situations/*.md", "questions/*.txt", "repairs.yaml", "synonyms.txt")


@dataclass(frozen=True)
class Situation:
    """One situation with its proven guidance; `passages` are what may be cited for it.

    `kind` is `situation` (a caller's behaviour) or `topic` (what the instruction says of the job).
    `urgency` runs from 1 (first of two cards) to 9. `quick` is the label of its button on the
    operator's page, empty for none: what cannot wait is asked with one tap. `about` is what the
    instruction speaks of, as it stands behind «о» («правах»), and `unanswered` are requests that
    bring the card though the instruction does not answer them.
    """

    id: str
    kind: str
    urgency: int
    title: str
    quick: str
    about: str
    unanswered: tuple[str, ...]
    related: tuple[str, ...]
    owner: str
    reviewed: str
    passages: tuple[Passage, ...]
    when: tuple[ProvenItem, ...]
    say: tuple[ProvenItem, ...]
    do: tuple[ProvenItem, ...]
    avoid: tuple[ProvenItem, ...]
    conflicts: tuple[ProvenItem, ...]


@dataclass(frozen=True)
class Knowledge:
    """The proven content of a knowledge folder and its version.

    `synonyms` are the groups of the thesaurus: expressions of one meaning, the instruction's first.
    `danger` is what trainers know of danger to life.
    """

    version: str
    documents: dict[str, ReceivedDocument]
    situations: dict[str, Situation]
    questions: tuple[BankQuestion, ...]
    danger: DangerGuide
    synonyms: tuple[tuple[str, ...], ...] = ()

    @property
    def passages(self) -> list[Passage]:
        """Every passage that may be cited, in the order of the situations."""
        return [passage for one in self.situations.values() for passage in one.passages]


def knowledge_files(folder: Path) -> dict[str, Path]:
    """Every file that has a say in what is answered, by its name in the knowledge folder."""
    others = (path for pattern in KNOWLEDGE_FILES for path in list_files(folder, pattern))
    own = sorted([*list_documents(folder / INSTRUCTION), *others])
    files = {path.relative_to(folder).as_posix(): path for path in own}
    return files | {f"{FOLDER}/{name}": path for name, path in danger_files(folder).items()}


def copy_knowledge(source: Path, target: Path) -> None:
    """Copy the files that have a say in what is answered, and nothing else."""
    for name, path in knowledge_files(source).items():
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(read_bytes(path))


def knowledge_version(folder: Path) -> str:
    """Return a short hash of every knowledge file's name and bytes; KnowledgeError as below."""
    digest = hashlib.sha256()
    for name, path in knowledge_files(folder).items():
        digest.update(os.fsencode(name) + b"\0")
        digest.update(hashlib.sha256(read_bytes(path)).digest())
    return digest.hexdigest()[:VERSION_CHARS]


def load_knowledge(folder: Path, *, is_published: bool = False) -> Knowledge:
    """Read and prove a knowledge folder.

    What `is_published` was proven when it was built: its steps and prohibitions are not held
    against their quotes once more.

    Raises KnowledgeError with every slip found (file, line, what was expected): one slip anywhere
    publishes nothing.
    """
    version = knowledge_version(folder)
    documents, slips = _read_instruction(folder)
    repairs, repair_slips = _read_repairs(folder / "repairs.yaml")
    slips += repair_slips
    drafts: list[SituationDraft] = []
    paths = list_files(folder / "situations", "*.md")
    for path in paths:
        draft, form_slips = _read_draft(path)
        slips += form_slips
        if draft:
            drafts.append(draft)
    if not drafts and not slips:
        slips.append(Slip(folder / "situations", 1, text("slips.no_situations")))
    names = frozenset(path.stem for path in paths)
    synonyms, thesaurus_slips = read_synonyms(folder / "synonyms.txt")
    situations: dict[str, Situation] = {}
    if documents and not repair_slips:  # without them nothing could be proven
        is_proof_due = not (is_published or thesaurus_slips)
        proof = wording_proof(synonyms) if is_proof_due else None
        situations, proof_slips = _prove(drafts, documents, repairs, names, proof)
        slips += proof_slips
    questions, bank_slips = _read_bank(folder / "questions", drafts, names)
    slips += bank_slips + thesaurus_slips
    danger, danger_slips = read_danger(folder)
    slips += danger_slips
    if slips or danger is None:
        raise KnowledgeError(text("slips.heading"), slips)
    return Knowledge(version, documents, situations, tuple(questions), danger, synonyms)


def _read_instruction(folder: Path) -> tuple[dict[str, ReceivedDocument], list[Slip]]:
    source = folder / INSTRUCTION
    try:
        documents = read_documents(source)
    except KnowledgeError as error:
        return {}, error.slips
    if not documents:
        return {}, [Slip(source, 1, text("slips.no_instruction"))]
    return documents, []


def _read_repairs(path: Path) -> tuple[list[Repair], list[Slip]]:
    try:
        return read_repairs(path), []
    except KnowledgeError as error:
        return [], error.slips


def _read_draft(path: Path) -> tuple[SituationDraft | None, list[Slip]]:
    try:
        return read_situation(path)
    except KnowledgeError as error:
        return None, error.slips


def _read_bank(
    folder: Path, drafts: Sequence[SituationDraft], names: frozenset[str]
) -> tuple[list[BankQuestion], list[Slip]]:
    questions, slips = read_questions(folder, names)
    unread = {slip.path.stem for slip in slips}
    asked = {question.situation_ids[0] for question in questions}
    for name in [*(draft.id for draft in drafts), NOT_ANSWERED]:
        if name not in asked | unread:
            slips.append(Slip(folder / f"{name}.txt", 1, text("slips.no_questions")))
    return questions, slips


def _prove(
    drafts: Sequence[SituationDraft],
    documents: dict[str, ReceivedDocument],
    repairs: Sequence[Repair],
    names: frozenset[str],
    proof: WordingProof | None,
) -> tuple[dict[str, Situation], list[Slip]]:
    slips: list[Slip] = []
    passages: dict[str, list[Passage]] = {}
    for draft in drafts:
        passages[draft.id], found = locate_passages(draft, documents)
        slips += found
    everything = [passage for some in passages.values() for passage in some]
    situations: dict[str, Situation] = {}
    for draft in drafts:
        own = passages[draft.id]
        proven: dict[str, tuple[ProvenItem, ...]] = {}
        for section in draft.items:
            citable = everything if section == "conflicts" else own
            items, found = prove_items(draft, section, citable, repairs)
            proven[section] = tuple(items)
            slips += found
        if proof:
            slips += check_wordings(draft, proven, repairs, proof)
        slips += _check_whole(draft, names)
        situations[draft.id] = _build_situation(draft, own, proven)
    return situations, slips


def _check_whole(draft: SituationDraft, known: frozenset[str]) -> list[Slip]:
    slips = [
        Slip(draft.path, draft.line_of("related"), text("slips.unknown_situation", name=name))
        for name in draft.front.get("related") or []
        if name not in known
    ]
    if not any(draft.items[section] for section in ("say", "do", "avoid")):
        slips.append(Slip(draft.path, 1, text("slips.empty_situation")))
    return slips


def _build_situation(
    draft: SituationDraft, passages: Sequence[Passage], proven: dict[str, tuple[ProvenItem, ...]]
) -> Situation:
    return Situation(
        id=draft.id,
        kind=str(draft.front.get("kind", KINDS[0])),
        urgency=int(draft.front.get("urgency", LEAST_URGENT)),
        title=str(draft.front["title"]),
        quick=str(draft.front.get("quick") or ""),
        about=str(draft.front.get("about") or ""),
        unanswered=tuple(draft.front.get("unanswered") or ()),
        related=tuple(draft.front.get("related") or ()),
        owner=str(draft.front["owner"]),
        reviewed=str(draft.front["reviewed"]),
        passages=tuple(passages),
        **proven,
    )
