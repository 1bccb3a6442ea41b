"""The danger encoder: multilingual-e5-small with an adapter that was trained on the danger bank.

The adapter (`adapter.safetensors`, made by `python -m eval.danger_encoder`) holds low-rank
changes of the encoder's matrices and the direction in which danger lies. Once, into the cache of
embedders, they are added to the weights that came by pip and quantised again. Source of the
method: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (ICLR 2022).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from coach.errors import SettingsError
from coach.index.e5 import MAGIC, E5Engine, E5File, packaged_weights
from coach.texts import text

ADAPTER = Path(__file__).with_name("adapter.safetensors")
HEAD, BIAS = "head", "bias"
DOWN, UP = "down", "up"


@dataclass(frozen=True)
class DangerEncoder:
    """Says how far a text lies in the direction of danger, as log-odds."""

    engine: E5Engine
    head: np.ndarray
    bias: float

    def logits(self, texts: Sequence[str]) -> list[float]:
        """Return the log-odds of danger of each text, by this encoder alone."""
        if not texts:
            return []
        logits: list[float] = (self.engine.embed(texts) @ self.head + self.bias).tolist()
        return logits


def load_encoder(cache_folder: Path, path: Path = ADAPTER) -> DangerEncoder:
    """Open the encoder, making its weights in the cache of embedders when they are not there whole.

    Raises SettingsError when the cache cannot be written.
    """
    adapter = read_adapter(path)
    weights = cache_folder / f"e5-danger-{adapter_version(path)}.bin"
    packaged = packaged_weights()
    if not _is_whole(weights, packaged):
        unfinished = cache_folder / f"{weights.name}.{uuid.uuid4().hex[:8]}"
        try:
            cache_folder.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(adapt(E5File(packaged), adapter))
            unfinished.replace(weights)
        except OSError as error:
            message = text("settings.not_writable", folder=cache_folder)
            raise SettingsError(message) from error
    return DangerEncoder(E5Engine(weights), adapter[HEAD], float(adapter[BIAS][0]))


def _is_whole(weights: Path, packaged: Path) -> bool:
    """Whether weights are there, as long as those they were made from, and begin as such a file."""
    if not weights.exists() or weights.stat().st_size != packaged.stat().st_size:
        return False
    with weights.open("rb") as opened:
        return opened.read(len(MAGIC)) == MAGIC


def adapt(file: E5File, adapter: Mapping[str, np.ndarray]) -> bytes:
    """Return the weights file with the adapter's changes in its matrices."""
    matrices = {}
    for name in file.tensors:
        if f"{name}.{UP}" in adapter:
            change = adapter[f"{name}.{UP}"] @ adapter[f"{name}.{DOWN}"]
            matrices[name] = file.matrix(name, change.shape[1]) + change
    return file.replace(matrices)


@cache
def read_adapter(path: Path) -> Mapping[str, np.ndarray]:
    """Read the adapter as float32."""
    from safetensors.numpy import load_file

    return {name: value.astype(np.float32) for name, value in load_file(path).items()}


@cache
def adapter_version(path: Path) -> str:
    """Return a short hash of the adapter."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
