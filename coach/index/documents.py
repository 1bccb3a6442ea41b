"""An index of any folder of documents, without situation files: for search alone."""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore

from coach.index.build import FORMAT
from coach.index.embeddings import embedder_fingerprint
from coach.index.lexical import LexicalIndex
from coach.index.static_model import Progress
from coach.index.store import add_documents, count_documents, open_for_reading, open_store
from coach.instruction.documents import Passage, ReceivedDocument

PASSAGE_LIST = "passages.json"


@dataclass(frozen=True)
class DocumentIndex:
    """Passages of some documents, ranked by lemmas and by vectors."""

    passages: Sequence[Passage]
    lexical: LexicalIndex
    vectors: VectorStore
    embeddings: Embeddings


def documents_key(documents: Sequence[ReceivedDocument], embedder: str) -> str:
    """What an index of these documents is cached under: their names, texts and the embedder."""
    digest = hashlib.sha256(f"{FORMAT} {embedder_fingerprint(embedder)}".encode())
    for one in documents:
        digest.update(f"\0{one.name}\0{one.text}".encode())
    return digest.hexdigest()[:24]


def write_document_index(
    folder: Path, key: str, passages: Sequence[Passage], embeddings: Embeddings, progress: Progress
) -> DocumentIndex:
    """Build apart, move into place, so that a half-built index is never opened, and open it.

    The place is a fresh one: Chroma remembers a folder that this process opened before. What killed
    builds left is removed first: who builds holds the index folder's lock.
    """
    for leftover in folder.glob(".*"):
        shutil.rmtree(leftover, ignore_errors=True)
    built = folder / f"{key}-{uuid.uuid4().hex[:8]}"
    unfinished = folder / f".{built.name}"
    try:
        store = open_store(unfinished / "chroma", embeddings)
        documents = [_to_document(one, number) for number, one in enumerate(passages)]
        add_documents(store, documents, progress, "documents")
        LexicalIndex.build([one.text for one in passages], unfinished / "lexical")
        rows = json.dumps([asdict(one) for one in passages], ensure_ascii=False)
        (unfinished / PASSAGE_LIST).write_text(rows, encoding="utf-8")
        unfinished.rename(built)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return _open_document_index(built, passages, embeddings)


def open_document_index(
    folder: Path, key: str, passages: Sequence[Passage], embeddings: Embeddings
) -> DocumentIndex | None:
    """Open the cached index of these passages; None when there is none.

    One that cannot be opened, or holds something else, is removed: it can be built again.
    """
    for cached in sorted(folder.glob(f"{key}*")):
        try:
            return _open_document_index(cached, passages, embeddings)
        except Exception:  # Chroma, bm25s and JSON each have errors of their own for a damaged file
            shutil.rmtree(cached, ignore_errors=True)
    return None


def _open_document_index(
    folder: Path, passages: Sequence[Passage], embeddings: Embeddings
) -> DocumentIndex:
    rows = json.loads((folder / PASSAGE_LIST).read_text(encoding="utf-8"))
    if rows != [asdict(one) for one in passages]:
        raise ValueError(PASSAGE_LIST)
    lexical = LexicalIndex(folder / "lexical")
    vectors = open_for_reading(folder / "chroma", embeddings)
    if count_documents(vectors) != len(passages):
        raise ValueError("chroma")
    return DocumentIndex(passages, lexical, vectors, embeddings)


def _to_document(passage: Passage, number: int) -> Document:
    """A passage as LangChain's Document; metadata carries its number in the passage list."""
    return Document(id=str(number), page_content=passage.text, metadata={"number": number})
