"""Building an index: into a fresh folder, then one atomic switch.

A Chroma folder is never written to after it is opened for questions: a process killed while it
writes into a live one can leave a link file that grows without bound at the next opening. When few
questions changed, the fresh folder starts as a copy of the build before, and what changed is
written into the copy.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from coach.errors import IndexBusyError, SettingsError
from coach.index.classifier import QuestionClassifier, train_classifier
from coach.index.digests import take_digests
from coach.index.embeddings import embedder_fingerprint
from coach.index.static_model import Progress
from coach.index.store import add_documents, open_store, remove_documents
from coach.instruction.danger import DangerGuide, danger_examples, ordinary_questions
from coach.instruction.knowledge import Knowledge, Situation, copy_knowledge, load_knowledge
from coach.instruction.questions import BankQuestion
from coach.language.neutral import neutral_form
from coach.texts import text

FORMAT = 6
CARD = "card"
MANIFEST = "manifest.json"
LOCK_SECONDS = 300
MOST_CHANGED = 0.05


@dataclass(frozen=True)
class IndexRecipe:
    """What an index is made from; two indexes of one recipe are interchangeable."""

    knowledge_version: str
    embedder: str
    authors: tuple[str, ...]
    format: int = FORMAT

    @classmethod
    def of(cls, knowledge_version: str, embedder: str, authors: Iterable[str]) -> IndexRecipe:
        """Describe what settings ask for."""
        names = tuple(sorted(authors))
        return cls(knowledge_version, embedder_fingerprint(embedder), names)

    def to_json(self) -> dict[str, Any]:
        """The recipe as the manifest keeps it."""
        return {
            "format": self.format,
            "knowledge_version": self.knowledge_version,
            "embedder": self.embedder,
            "authors": list(self.authors),
        }


@dataclass(frozen=True)
class Earlier:
    """A published build that the next one may start from.

    `questions` are what it learned from, by document id; `danger` is its danger bank; `renewed`
    counts the questions that changed since the last build from nothing.
    """

    folder: Path
    questions: Mapping[str, BankQuestion]
    danger: DangerGuide
    renewed: int


def lock_index(folder: Path, seconds: float = LOCK_SECONDS) -> AbstractContextManager[object]:
    """Hold the right to build in this index folder.

    Raises IndexBusyError when another process holds it for so long, SettingsError when the folder
    cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return FileLock(folder / "lock").acquire(timeout=seconds)
    except Timeout as error:
        raise IndexBusyError(text("index.busy", folder=folder)) from error
    except OSError as error:
        raise SettingsError(text("settings.not_writable", folder=folder)) from error


def current_build(folder: Path) -> Path | None:
    """The build that an index folder serves now; None without one, or when its name is junk."""
    try:
        name = (folder / "current").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return folder / "builds" / name if name.isalnum() else None


def write_build(
    folder: Path,
    knowledge_folder: Path,
    recipe: IndexRecipe,
    embeddings: Embeddings,
    progress: Progress,
    earlier: Earlier | None = None,
) -> Knowledge:
    """Build a whole index into a fresh folder, switch to it, and return what it serves.

    It starts from an earlier build when that differs in few questions. Raises KnowledgeError,
    with nothing published, when the knowledge folder has a slip.
    """
    _remove_leftovers(folder)
    build = folder / "builds" / uuid.uuid4().hex[:12]
    try:
        load_knowledge(knowledge_folder)
        copy_knowledge(knowledge_folder, build / "knowledge")
        knowledge = load_knowledge(build / "knowledge")
        if knowledge.version != recipe.knowledge_version:
            raise IndexBusyError(text("index.knowledge_moved"))
        questions = learned_questions(knowledge, recipe.authors)
        changed = _changed(earlier.questions if earlier else {}, questions)
        renewed = earlier.renewed + len(changed) if earlier else 0
        if renewed > MOST_CHANGED * len(questions):
            earlier, renewed = None, 0
        _write_questions(build / "chroma", questions, earlier, embeddings, progress)
        trained = QuestionClassifier.load(earlier.folder / "classifier") if earlier else None
        classifier = train_classifier(
            [neutral_question(question) for question in questions.values()],
            embeddings,
            progress,
            earlier=trained,
            changed=[neutral_question(question) for question in changed],
        )
        classifier.save(build / "classifier")
        if earlier and earlier.danger == knowledge.danger:
            shutil.copytree(earlier.folder / "danger", build / "danger")
        else:
            examples = danger_examples(
                knowledge.danger, ordinary_questions(questions.values(), knowledge.danger)
            )
            train_classifier(examples, embeddings, progress).save(build / "danger")
        _write_manifest(build, recipe, len(questions), renewed)
    except BaseException:
        shutil.rmtree(build, ignore_errors=True)
        raise
    _switch(folder, build)
    return knowledge


def learned_questions(knowledge: Knowledge, authors: Iterable[str]) -> dict[str, BankQuestion]:
    """The bank's questions of these authors (of all where none is named), by document id.

    Every card also teaches its own words.
    """
    wanted = set(authors)
    seen: Counter[str] = Counter()
    learned = {}
    for question in (*knowledge.questions, *card_questions(knowledge.situations.values())):
        if not wanted or question.author in wanted or question.author == CARD:
            described = json.dumps([question.text, question.situation_ids, question.author])
            digest = hashlib.sha256(described.encode()).hexdigest()[:24]
            learned[f"{digest}-{seen[digest]}"] = question
            seen[digest] += 1
    return learned


def card_questions(situations: Iterable[Situation]) -> list[BankQuestion]:
    """What a card itself says of its situation: its title, its button, and when it applies."""
    return [
        BankQuestion(words, (situation.id,), CARD)
        for situation in situations
        for words in dict.fromkeys(
            (situation.title, situation.quick, *(item.text for item in situation.when))
        )
        if words
    ]


def neutral_question(question: BankQuestion) -> BankQuestion:
    """Return a question as the classifier learns it: without its neutral words."""
    return replace(question, text=neutral_form(question.text))


def _changed(
    before: Mapping[str, BankQuestion], questions: Mapping[str, BankQuestion]
) -> list[BankQuestion]:
    """The questions that are new, and those that are gone."""
    new = [one for name, one in questions.items() if name not in before]
    return new + [one for name, one in before.items() if name not in questions]


def _write_questions(
    folder: Path,
    questions: Mapping[str, BankQuestion],
    earlier: Earlier | None,
    embeddings: Embeddings,
    progress: Progress,
) -> None:
    known: Mapping[str, BankQuestion] = {}
    if earlier:
        known = earlier.questions
        shutil.copytree(earlier.folder / "chroma", folder)
    store = open_store(folder, embeddings, len(questions))
    remove_documents(store, [name for name in known if name not in questions])
    documents = [_question_document(one, name) for name, one in questions.items()]
    fresh = [document for document in documents if document.id not in known]
    add_documents(store, fresh, progress, "questions")


def _question_document(question: BankQuestion, name: str) -> Document:
    metadata = {
        "situations": ",".join(question.situation_ids),
        "author": question.author,
        "text": question.text,
    }
    return Document(id=name, page_content=neutral_form(question.text), metadata=metadata)


def _write_manifest(build: Path, recipe: IndexRecipe, questions: int, renewed: int) -> None:
    manifest = {
        **recipe.to_json(),
        "questions": questions,
        "renewed": renewed,
        "files": take_digests(build),
    }
    path = build / MANIFEST
    path.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")


def _remove_leftovers(folder: Path) -> None:
    """Remove what killed builds left unfinished: who builds holds the lock, so nobody is at it."""
    current = current_build(folder)
    for build in (folder / "builds").glob("*"):
        if build != current and not (build / MANIFEST).exists():
            shutil.rmtree(build, ignore_errors=True)
    for pointer in folder.glob("current.*"):
        pointer.unlink(missing_ok=True)


def _switch(folder: Path, build: Path) -> None:
    """Serve a build from now on; the one that was served before stays, all others go."""
    before = current_build(folder)
    pointer = folder / f"current.{build.name}"
    pointer.write_text(build.name, encoding="utf-8")
    pointer.replace(folder / "current")
    for old in (folder / "builds").iterdir():
        if old not in (build, before):
            shutil.rmtree(old, ignore_errors=True)
