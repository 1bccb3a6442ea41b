"""Assembly: the only chooser of concrete classes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from coach.errors import IndexUnusableError, KnowledgeError, ModelError, SettingsError
from coach.settings import Settings, silence_libraries
from coach.texts import text

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from coach.answering.advice import Adviser
    from coach.archive.archive import Archive
    from coach.coaching import Coach
    from coach.index.build import IndexRecipe
    from coach.instruction.knowledge import Knowledge
    from coach.safety.encoder import DangerEncoder
    from coach.searching import DocumentSearch

Report = Callable[[str], None]
SHOWN_WARNINGS = 5


def show_progress(steps: Iterable[str], label: str) -> Iterable[str]:
    """Draw a progress bar on the error stream while steps are taken."""
    from tqdm import tqdm

    return tqdm(
        steps, desc=text(f"progress.{label}"), leave=False, mininterval=0.5, file=sys.stderr
    )


def report_to_stderr(line: str) -> None:
    """Print one line where it does not mix with the answers."""
    print(line, file=sys.stderr, flush=True)


def report_nothing(line: str) -> None:
    """Keep quiet: for callers that look at the result alone."""


def prepare_libraries(settings: Settings) -> None:
    """Silence the libraries; call this before any of them is imported."""
    silence_libraries(hub=settings.wants_hub)


def build_index(
    settings: Settings, *, force: bool = False, report: Report = report_to_stderr
) -> bool:
    """Make sure that the index serves what the settings ask for; return whether it was built.

    When few questions changed, what is published is renewed; `force` builds all from nothing.

    Raises KnowledgeError, with nothing published, when the knowledge folder has a slip;
    IndexBusyError when another process builds for too long; SettingsError when a folder is
    missing, cannot be written, or has no room.
    """
    prepare_libraries(settings)
    from coach.index.build import lock_index, write_build
    from coach.index.embeddings import load_embeddings
    from coach.index.opening import find_earlier, find_fault

    recipe = _wanted_recipe(settings)
    if not force and find_fault(settings.index, recipe) is None:
        return False
    _check_writable(settings.index)
    with lock_index(settings.index):
        fault = find_fault(settings.index, recipe)
        if fault is None and not force:
            return False
        report(text("index.building", fault=fault or text("index.asked")))
        cache = settings.index / "embedders"
        embeddings = load_embeddings(settings.embedder, cache, show_progress)
        earlier = None if force else find_earlier(settings.index, recipe)
        try:
            served = write_build(
                settings.index, settings.knowledge, recipe, embeddings, show_progress, earlier
            )
        except OSError as error:
            message = text("index.not_written", folder=settings.index, fault=error.strerror)
            raise SettingsError(message) from error
    _report_contradictions(served, report)
    return True


def _report_contradictions(knowledge: Knowledge, report: Report) -> None:
    from coach.index.bank_check import check_bank, describe_warning

    found = [one for one in check_bank(knowledge.questions) if one.is_contradiction]
    for one in found[:SHOWN_WARNINGS]:
        report(describe_warning(one, knowledge))
    if len(found) > SHOWN_WARNINGS:
        report(text("check.more", count=len(found) - SHOWN_WARNINGS))


def build_coach(settings: Settings, *, report: Report = report_to_stderr) -> Coach:
    """Open the index, building it first where it is missing or stale, and return the Coach.

    When the knowledge folder has a slip, or the index cannot be written, the version published
    before goes on serving and that is reported; raises KnowledgeError or SettingsError when there
    is none. An index that is whole and yet does not open is built anew.
    """
    try:
        build_index(settings, report=report)
    except (KnowledgeError, SettingsError) as error:
        served = _published_recipe(settings)
        if served is None:
            raise
        report(f"{error}\n{text('index.serving_old')}")
        return _open(settings, served, report)
    try:
        return _open(settings, _wanted_recipe(settings), report)
    except IndexUnusableError:
        build_index(settings, force=True, report=report)
        return _open(settings, _wanted_recipe(settings), report)


def open_coach(settings: Settings, *, report: Report = report_to_stderr) -> Coach:
    """Open the published index, whatever the knowledge folder holds by now; nothing is built.

    Raises IndexUnusableError when none is published.
    """
    prepare_libraries(settings)
    recipe = _published_recipe(settings)
    if recipe is None:
        raise IndexUnusableError(text("index.unusable", fault=text("index.missing")))
    return _open(settings, recipe, report)


def _open(settings: Settings, recipe: IndexRecipe, report: Report) -> Coach:
    from coach.coaching import Coach
    from coach.index.opening import open_index

    embeddings = _load_embedder(settings.embedder, settings.index / "embedders")
    index = open_index(settings.index, recipe, embeddings)
    encoder = _load_encoder(settings.index / "embedders")
    return Coach(index, settings, encoder, lambda: _load_adviser(settings, index.knowledge, report))


@lru_cache(maxsize=1)
def _load_embedder(name: str, cache: Path) -> Embeddings:
    """The embedder, loaded once for all the indexes that a process opens one after another."""
    from coach.index.embeddings import load_embeddings

    return load_embeddings(name, cache, show_progress)


@lru_cache(maxsize=1)
def _load_encoder(cache: Path) -> DangerEncoder:
    """The danger encoder, loaded once as well."""
    from coach.safety.encoder import load_encoder

    return load_encoder(cache)


def open_archive(settings: Settings) -> Archive:
    """Open the database of conversations and verdicts; ArchiveError when it cannot be opened."""
    from coach.archive.archive import Archive

    return Archive(settings.archive_url)


def find_index_fault(settings: Settings) -> str | None:
    """Say why the index cannot serve these settings as it is, or None when it can."""
    from coach.index.opening import find_fault

    return find_fault(settings.index, _wanted_recipe(settings))


def build_search(
    folder: Path, settings: Settings, *, report: Report = report_to_stderr
) -> DocumentSearch:
    """Open the search over a folder's .txt and .md files, indexing them when they are new.

    Subfolders are searched too. The index is cached by content; a damaged one is built anew. Raises
    SettingsError when there is nothing to search, or a document cannot be read.
    """
    prepare_libraries(settings)
    from coach.index.build import lock_index
    from coach.index.documents import documents_key, open_document_index, write_document_index
    from coach.index.embeddings import load_embeddings
    from coach.instruction.documents import read_documents, split_passages
    from coach.searching import DocumentSearch

    try:
        documents = list(read_documents(folder, (".txt", ".md")).values())
    except KnowledgeError as error:
        fault = "; ".join(map(str, error.slips))
        raise SettingsError(text("search.unreadable", fault=fault)) from error
    passages = [passage for one in documents for passage in split_passages(one)]
    if not passages:
        raise SettingsError(text("search.no_documents", folder=folder))
    cached = settings.index / "searches"
    key = documents_key(documents, settings.embedder)
    embeddings = load_embeddings(settings.embedder, settings.index / "embedders", show_progress)
    index = open_document_index(cached, key, passages, embeddings)
    if index is None:
        _check_writable(settings.index)
        with lock_index(settings.index):
            report(text("search.building", documents=len(documents), passages=len(passages)))
            index = write_document_index(cached, key, passages, embeddings, show_progress)
    return DocumentSearch(index)


def published_build(settings: Settings) -> str | None:
    """The name of the build that is served now: it changes when new knowledge is published."""
    from coach.index.build import current_build

    build = current_build(settings.index)
    return build.name if build else None


def _wanted_recipe(settings: Settings) -> IndexRecipe:
    from coach.index.build import IndexRecipe
    from coach.instruction.knowledge import knowledge_version

    if not settings.knowledge.is_dir():
        raise SettingsError(text("settings.no_knowledge", folder=settings.knowledge))
    version = knowledge_version(settings.knowledge)
    return IndexRecipe.of(version, settings.embedder, settings.author_names)


def _published_recipe(settings: Settings) -> IndexRecipe | None:
    from coach.index.build import current_build
    from coach.index.opening import find_fault, read_manifest

    build = current_build(settings.index)
    manifest = read_manifest(build) if build else None
    if manifest is None:
        return None
    version = str(manifest.get("knowledge_version"))
    recipe = replace(_wanted_recipe(settings), knowledge_version=version)
    return recipe if find_fault(settings.index, recipe) is None else None


def _load_adviser(settings: Settings, knowledge: Knowledge, report: Report) -> Adviser | None:
    if not settings.llm:
        return None
    from coach.answering.advice import Adviser
    from coach.answering.model import load_chat_model
    from coach.proving.entailment import Entailment

    try:
        model = load_chat_model(settings, show_progress)
        entailment = Entailment(settings.entailment) if settings.entailment else None
    except (ModelError, SettingsError) as error:
        report(str(error))
        return None
    return Adviser(model, knowledge, settings, entailment)


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(text("settings.not_writable", folder=folder)) from error
    if not os.access(folder, os.W_OK):
        raise SettingsError(text("settings.not_writable", folder=folder))
