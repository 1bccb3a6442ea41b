"""Search over any documents: a question in, ranked passages with their places out."""

from __future__ import annotations

from typing import Any

from coach.index.documents import DocumentIndex
from coach.language.repair import clean_characters, shorten
from coach.understanding.retrieval import RankedPassage, retrieve_passages


class DocumentSearch:
    """Ranks the passages of one document index."""

    def __init__(self, index: DocumentIndex) -> None:
        self._index = index

    def search(self, question: str, count: int) -> list[RankedPassage]:
        """Return the best passages for a question, best first; none for one without words."""
        clean = clean_characters(shorten(question))
        vector = self._index.embeddings.embed_query(clean)
        return retrieve_passages(self._index, clean, vector)[:count]


def to_row(ranked: RankedPassage) -> dict[str, Any]:
    """A ranked passage as the search contract gives it."""
    passage = ranked.passage
    return {
        "document": passage.document,
        "start": passage.start,
        "end": passage.end,
        "score": round(ranked.score, 6),
        "text": passage.text,
    }
