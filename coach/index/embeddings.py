"""Embeddings behind LangChain's interface: the static model by default, any other by setting."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from langchain_core.embeddings import Embeddings

from coach.errors import SettingsError
from coach.index.static_model import STATIC_MODEL_VERSION, Progress, build_static_model
from coach.language.lemmas import lemmas_of
from coach.texts import text

STATIC = "static"
E5_PROMPTS = {"query": "query: ", "document": "passage: "}


class SlicedTensor(Protocol):
    """A tensor on disk whose rows are read when they are asked for."""

    def __getitem__(self, key: slice) -> Any: ...


class StaticLemmaEmbeddings(Embeddings):
    """Reads a saved `StaticEmbedding` model with numpy alone.

    sentence-transformers takes seconds to import; a question does not wait for it. A test holds
    the vectors equal to those of sentence-transformers.
    """

    def __init__(self, folder: Path) -> None:
        from safetensors import safe_open
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(_only(folder, "tokenizer.json")))
        opened: Any = safe_open(str(_only(folder, "model.safetensors")), framework="np")
        self._rows: SlicedTensor = opened.get_slice("embedding.weight")
        self._known: dict[int, np.ndarray] = {}

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(one) for one in texts]

    def embed_query(self, text: str) -> list[float]:
        ids = self._tokenizer.encode(" ".join(lemmas_of(text)), add_special_tokens=False).ids
        if not ids:
            return [0.0] * int(self._row(0).shape[0])
        mean = np.mean([self._row(number) for number in ids], axis=0)
        length = float(np.linalg.norm(mean))
        vector: list[float] = (mean / length if length else mean).tolist()
        return vector

    def _row(self, number: int) -> np.ndarray:
        if number not in self._known:
            self._known[number] = self._rows[number : number + 1][0]
        return self._known[number]


class SentenceTransformerEmbeddings(Embeddings):
    """Any sentence-transformers model, with the prompts that it was trained with."""

    def __init__(self, name: str) -> None:
        from sentence_transformers import SentenceTransformer

        try:
            self._model = SentenceTransformer(name, device="cpu")
        except Exception as error:
            raise SettingsError(text("settings.embedder", name=name, fault=error)) from error
        if "e5" in name.lower() and not any(self._model.prompts.values()):
            self._model.prompts = dict(E5_PROMPTS)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._model.encode_document(
            texts, normalize_embeddings=True, show_progress_bar=False
        ).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        vector: list[float] = self._model.encode_query(
            text, normalize_embeddings=True, show_progress_bar=False
        ).tolist()
        return vector


def embedder_fingerprint(name: str) -> str:
    """What an index remembers of its embedder: vectors of different fingerprints never mix."""
    return STATIC_MODEL_VERSION if name == STATIC else name


def load_embeddings(name: str, cache: Path, progress: Progress) -> Embeddings:
    """Load the embedder that a setting names, building the static model once into the cache.

    Raises SettingsError when the model cannot be loaded.
    """
    if name != STATIC:
        return SentenceTransformerEmbeddings(name)
    folder = cache / STATIC_MODEL_VERSION
    if folder.exists():
        try:
            return StaticLemmaEmbeddings(folder)
        except Exception:  # neither tokenizers nor safetensors has a class for a damaged file
            _remove(folder)
    unfinished = cache / f"{STATIC_MODEL_VERSION}.unfinished"
    if unfinished.exists():
        _remove(unfinished)
    build_static_model(unfinished, progress)
    unfinished.rename(folder)
    return StaticLemmaEmbeddings(folder)


def _remove(folder: Path) -> None:
    """Remove a damaged model: it is built again."""
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise SettingsError(text("settings.not_writable", folder=folder)) from error


def _only(folder: Path, name: str) -> Path:
    return next(iter(sorted(folder.rglob(name))))
