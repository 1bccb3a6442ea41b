"""Opening an index: only one that is whole and made from the wanted recipe is served."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore

from coach.errors import IndexUnusableError, KnowledgeError
from coach.index.build import (
    MANIFEST,
    Earlier,
    IndexRecipe,
    current_build,
    learned_questions,
)
from coach.index.classifier import QuestionClassifier
from coach.index.digests import is_damaged
from coach.index.store import open_for_reading
from coach.instruction.knowledge import Knowledge, load_knowledge
from coach.texts import text


@dataclass(frozen=True)
class Index:
    """An opened index: everything that a question needs; `build` names the build it is."""

    build: str
    knowledge: Knowledge
    embeddings: Embeddings
    questions: VectorStore
    classifier: QuestionClassifier
    danger: QuestionClassifier


def find_fault(folder: Path, recipe: IndexRecipe) -> str | None:
    """Say why the current build cannot serve this recipe, or None when it can.

    Nothing of Chroma is opened here: a damaged folder must be recognised before that.
    """
    build = current_build(folder)
    if build is None:
        return text("index.missing")
    manifest = read_manifest(build)
    if manifest is None:
        return text("index.half_built")
    for key, wanted in recipe.to_json().items():
        if manifest.get(key) != wanted:
            return text(f"index.other_{key}")
    if not manifest.get("files") or is_damaged(build, manifest["files"]):
        return text("index.half_built")
    return None


def find_earlier(folder: Path, recipe: IndexRecipe) -> Earlier | None:
    """The current build, when it is whole and differs from this recipe in its knowledge alone."""
    build = current_build(folder)
    manifest = read_manifest(build) if build else None
    if build is None or manifest is None:
        return None
    served = replace(recipe, knowledge_version=str(manifest.get("knowledge_version")))
    if find_fault(folder, served):
        return None
    try:
        knowledge = load_knowledge(build / "knowledge", is_published=True)
    except (KnowledgeError, OSError):
        return None
    learned = learned_questions(knowledge, recipe.authors)
    return Earlier(build, learned, knowledge.danger, int(manifest.get("renewed", 0)))


def read_manifest(build: Path) -> dict[str, Any] | None:
    """The manifest of a build, which is written last; None when the build was never finished."""
    try:
        manifest = json.loads((build / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) else None


def open_index(folder: Path, recipe: IndexRecipe, embeddings: Embeddings) -> Index:
    """Open the current build; raise IndexUnusableError when it is not whole or not this recipe.

    A build that is whole may still not open (another version of a library): that is told too.
    """
    fault = find_fault(folder, recipe)
    build = current_build(folder)
    if fault or build is None:
        raise IndexUnusableError(text("index.unusable", fault=fault))
    try:
        return Index(
            build.name,
            load_knowledge(build / "knowledge", is_published=True),
            embeddings,
            open_for_reading(build / "chroma", embeddings),
            QuestionClassifier.load(build / "classifier"),
            QuestionClassifier.load(build / "danger"),
        )
    except Exception as error:  # Chroma's own errors have no common class
        raise IndexUnusableError(text("index.unusable", fault=error)) from error
