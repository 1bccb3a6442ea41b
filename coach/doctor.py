"""The doctor: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from coach.assembly import (
    build_coach,
    find_index_fault,
    open_archive,
    prepare_libraries,
    report_nothing,
    show_progress,
)
from coach.errors import CoachError
from coach.hosts import resolve_host
from coach.settings import ENV_FILE, Settings, unknown_variables
from coach.signing_in import read_issuer, read_sign_in
from coach.texts import text

OLDEST_PYTHON = (3, 11)
PACKAGES = ("torch", "sentence-transformers", "chromadb", "langchain", "streamlit", "natasha")


@dataclass(frozen=True)
class Finding:
    """The result of one check: `is_fine`, and a line that says what was found or what to do."""

    name: str
    is_fine: bool
    line: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield the findings one by one, in the order of CHECKS."""
    for name, check in CHECKS.items():
        try:
            line = check(settings)
        except CoachError as error:
            yield Finding(name, False, str(error))
        else:
            yield Finding(name, True, line)


def _check_python(settings: Settings) -> str:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        raise CoachError(text("doctor.python_old", found=found))
    return found


def _check_env_file(settings: Settings) -> str:
    """Name the file that settings are read from; another one, where the command runs, is not."""
    here = Path(ENV_FILE.name)
    if here.is_file() and not (ENV_FILE.is_file() and here.samefile(ENV_FILE)):
        line = text("doctor.other_env_file", path=here.absolute(), read=ENV_FILE)
        raise CoachError(line)
    return text("doctor.env_file" if ENV_FILE.is_file() else "doctor.no_env_file", path=ENV_FILE)


def _check_packages(settings: Settings) -> str:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError as error:
            raise CoachError(text("doctor.package_missing", name=name)) from error
    return ", ".join(found)


def _check_settings(settings: Settings) -> str:
    unknown = unknown_variables()
    if unknown:
        lines = [
            text("doctor.unknown_like", name=name, like=like)
            if like
            else text("doctor.unknown_variable", name=name)
            for name, like in unknown.items()
        ]
        raise CoachError("; ".join(lines))
    return text("doctor.settings")


def _check_knowledge(settings: Settings) -> str:
    from coach.instruction.knowledge import load_knowledge

    if not settings.knowledge.is_dir():
        raise CoachError(text("settings.no_knowledge", folder=settings.knowledge))
    knowledge = load_knowledge(settings.knowledge)
    return text(
        "doctor.knowledge",
        situations=len(knowledge.situations),
        questions=len(knowledge.questions),
        version=knowledge.version,
    )


def _check_index(settings: Settings) -> str:
    fault = find_index_fault(settings)
    if fault:
        raise CoachError(text("index.unusable", fault=fault))
    coach = build_coach(settings.model_copy(update={"llm": ""}), report=report_nothing)
    reply = coach.reply([], text("check_question"))
    return text("doctor.index", folder=settings.index, milliseconds=round(reply.elapsed_ms))


def _check_archive(settings: Settings) -> str:
    open_archive(settings).try_out()
    return text("doctor.archive")


def _check_model(settings: Settings) -> str:
    if not settings.llm:
        return text("doctor.no_model")
    from coach.answering.model import check_chat_model, level_of, load_chat_model

    check_chat_model(load_chat_model(settings, show_progress), settings)
    return text(f"doctor.model_{level_of(settings)}", name=settings.llm)


def _check_signing_in(settings: Settings) -> str:
    if read_sign_in(settings) is None:
        return text("doctor.no_sign_in")
    return text("doctor.sign_in", issuer=read_issuer(settings))


def _check_port(settings: Settings) -> str:
    family, address = resolve_host(settings)[0]
    with socket.socket(family) as probe:
        if probe.connect_ex(address) == 0:
            return text("doctor.port_taken", port=settings.port)
    return text("doctor.port_free", port=settings.port)


def _check_writing(settings: Settings) -> str:
    folder = settings.index if settings.index.exists() else settings.index.parent
    if os.access(folder, os.W_OK):
        return str(folder)
    if settings.knowledge.is_dir() and find_index_fault(settings) is None:
        return text("doctor.served_read_only", folder=folder)
    raise CoachError(text("settings.not_writable", folder=settings.index))


CHECKS: dict[str, Callable[[Settings], str]] = {
    "python": _check_python,
    "env_file": _check_env_file,
    "packages": _check_packages,
    "settings": _check_settings,
    "writing": _check_writing,
    "knowledge": _check_knowledge,
    "index": _check_index,
    "archive": _check_archive,
    "model": _check_model,
    "signing_in": _check_signing_in,
    "port": _check_port,
}


def print_findings(settings: Settings) -> bool:
    """Print every finding as it comes; return whether all is fine."""
    prepare_libraries(settings)
    is_fine = True
    for finding in examine(settings):
        mark = text("doctor.fine" if finding.is_fine else "doctor.wrong")
        print(f"{mark} {text(f'doctor.names.{finding.name}')}: {finding.line}", flush=True)
        is_fine = is_fine and finding.is_fine
    return is_fine
