"""Chroma on disk: a folder with one collection, of bank questions or of passages."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore

from coach.index.digests import DATABASE
from coach.index.static_model import Progress

COLLECTION = "texts"
BATCH = 500
FEWEST, BATCHED, SYNCED = 2, 100, 1000  # the last two are Chroma's own defaults


def open_store(folder: Path, embeddings: Embeddings, expected: int = SYNCED) -> VectorStore:
    """Open (or create) a folder's collection; Chroma's own default embedder is never used.

    `expected` is how many documents a new one will hold: vectors of fewer than Chroma waits for
    would never reach their files, which it then writes anew at every opening. Chroma keeps every
    client that was ever opened, with its files, threads and memory: this one is closed when nobody
    holds the store any longer, so that no question is cut off.
    """
    import chromadb
    from chromadb.config import Settings as ChromaSettings
    from langchain_chroma import Chroma

    quiet = ChromaSettings(anonymized_telemetry=False)
    client: Any = chromadb.PersistentClient(str(folder), quiet)
    store = Chroma(
        client=client,
        collection_name=COLLECTION,
        embedding_function=embeddings,
        collection_configuration={
            "hnsw": {
                "space": "cosine",
                "batch_size": max(FEWEST, min(BATCHED, expected)),
                "sync_threshold": max(FEWEST, min(SYNCED, expected)),
            }
        },
    )
    weakref.finalize(store, client.close).atexit = False
    return store


def open_for_reading(folder: Path, embeddings: Embeddings) -> VectorStore:
    """Open a folder's collection for questions alone.

    Chroma writes into what it opens: where the disk cannot be written, a copy is opened, which
    goes with the store.
    """
    if os.access(folder, os.W_OK) and os.access(folder / DATABASE, os.W_OK):
        return open_store(folder, embeddings)
    copied = Path(tempfile.mkdtemp(prefix="coach-"))
    for path in folder.rglob("*"):
        target = copied / path.relative_to(folder)
        if path.is_dir():
            target.mkdir(exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)  # its rights stay behind
    store = open_store(copied, embeddings)
    weakref.finalize(store, shutil.rmtree, copied, ignore_errors=True)
    return store


def count_documents(store: VectorStore) -> int:
    """How many documents a collection holds."""
    collection: Any = store._collection  # type: ignore[attr-defined]
    return int(collection.count())


def add_documents(
    store: VectorStore, documents: Sequence[Document], progress: Progress, label: str
) -> None:
    """Add documents whose ids are set, in batches that Chroma takes, a step of progress each."""
    for first in progress([str(n) for n in range(0, len(documents), BATCH)], label):
        batch = list(documents[int(first) : int(first) + BATCH])
        store.add_documents(batch, ids=[str(document.id) for document in batch])


def remove_documents(store: VectorStore, names: Sequence[str]) -> None:
    """Remove the documents of these ids."""
    for first in range(0, len(names), BATCH):
        store.delete(list(names[first : first + BATCH]))


def nearest(
    store: VectorStore, vector: Sequence[float], count: int
) -> list[tuple[Document, float]]:
    """Return the documents nearest to a vector with their cosine similarity, best first.

    A zero vector (no known word) is near to nothing.
    """
    if not any(vector):
        return []
    search = store.similarity_search_by_vector_with_relevance_scores  # type: ignore[attr-defined]
    found: list[tuple[Document, float]] = search(list(vector), k=count)
    return [(document, 1.0 - distance) for document, distance in found]
