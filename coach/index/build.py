"""Building an index: into a fresh folder, then one atomic switch.

A Chroma folder is never written to after it is opened for questions: a process killed while it
writes into a live one can leave a link file that grows without bound at the next opening.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from coach.errors import IndexBusyError
from coach.index.classifier import train_classifier
from coach.index.embeddings import embedder_fingerprint
from coach.index.static_model import Progress
from coach.index.store import add_documents, open_store
from coach.instruction.knowledge import Knowledge, knowledge_files, load_knowledge
from coach.instruction.questions import BankQuestion
from coach.texts import text

FORMAT = 3
LOCK_SECONDS = 300
KEPT_BUILDS = 2


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


def lock_index(folder: Path) -> AbstractContextManager[object]:
    """Hold the right to build in this index folder; raise IndexBusyError after five minutes."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return FileLock(folder / "lock").acquire(timeout=LOCK_SECONDS)
    except Timeout as error:
        raise IndexBusyError(text("index.busy", folder=folder)) from error


def current_build(folder: Path) -> Path | None:
    """The build that an index folder serves now, or None."""
    pointer = folder / "current"
    if not pointer.exists():
        return None
    return folder / "builds" / pointer.read_text(encoding="utf-8").strip()


def write_build(
    folder: Path,
    knowledge_folder: Path,
    recipe: IndexRecipe,
    embeddings: Embeddings,
    progress: Progress,
) -> Knowledge:
    """Build a whole index into a fresh folder, switch to it, and return what it serves.

    Raises KnowledgeError, with nothing published, when the knowledge folder has a slip.
    """
    build = folder / "builds" / uuid.uuid4().hex[:12]
    try:
        load_knowledge(knowledge_folder)
        _copy_knowledge(knowledge_folder, build / "knowledge")
        knowledge = load_knowledge(build / "knowledge")
        if knowledge.version != recipe.knowledge_version:
            raise IndexBusyError(text("index.knowledge_moved"))
        questions = [
            question
            for question in knowledge.questions
            if not recipe.authors or question.author in recipe.authors
        ]
        _write_parts(build, questions, embeddings, progress)
        _write_manifest(build, recipe, len(questions))
    except BaseException:
        shutil.rmtree(build, ignore_errors=True)
        raise
    _switch(folder, build)
    return knowledge


def _copy_knowledge(source: Path, target: Path) -> None:
    for path in knowledge_files(source):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _write_parts(
    build: Path, questions: list[BankQuestion], embeddings: Embeddings, progress: Progress
) -> None:
    store = open_store(build / "chroma", embeddings)
    documents = [_question_document(one, number) for number, one in enumerate(questions)]
    add_documents(store, documents, progress, "questions")
    train_classifier(questions, embeddings, progress).save(build / "classifier")


def _question_document(question: BankQuestion, number: int) -> Document:
    metadata = {"situations": ",".join(question.situation_ids), "author": question.author}
    return Document(id=str(number), page_content=question.text, metadata=metadata)


def _write_manifest(build: Path, recipe: IndexRecipe, questions: int) -> None:
    manifest = {
        **recipe.to_json(),
        "questions": questions,
        "chroma_bytes": folder_bytes(build / "chroma"),
    }
    path = build / "manifest.json"
    path.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")


def folder_bytes(folder: Path) -> int:
    """Apparent size of everything in a folder, in bytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _switch(folder: Path, build: Path) -> None:
    pointer = folder / f"current.{build.name}"
    pointer.write_text(build.name, encoding="utf-8")
    pointer.replace(folder / "current")
    builds = sorted((folder / "builds").iterdir(), key=lambda path: path.stat().st_mtime)
    for old in builds[:-KEPT_BUILDS]:
        if old != build:
            shutil.rmtree(old, ignore_errors=True)
