"""Every error that Coach raises on purpose.

CoachError
├── SettingsError        a setting has a value that cannot work
├── KnowledgeError       the knowledge folder has mistakes; carries every one of them
├── IndexUnusableError   an index cannot be opened and was not rebuilt
├── IndexBusyError       another process is building the same index for too long
├── InputError           a batch line is not what the contract asks for
├── ArchiveError         the database is locked, full, gone or misconfigured
├── AccessError          who is here may not do this
├── StaleError           somebody else changed the same thing meanwhile
│   └── GoneError        it was deleted meanwhile
└── ModelError           the language model is misconfigured, down or refuses

Each message is Russian, says what failed and what to do, and is fit for a person's eyes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class CoachError(Exception):
    """Something that a person can mend; the message says how."""


class SettingsError(CoachError):
    """A setting has a value that cannot work."""


class IndexUnusableError(CoachError):
    """An index is missing, damaged, or was built from something else."""


class IndexBusyError(CoachError):
    """Another process holds the index lock."""


class InputError(CoachError):
    """A line of a batch is not a question."""


class ArchiveError(CoachError):
    """What people asked and judged cannot be kept or read."""


class AccessError(CoachError):
    """Who is here may not do this, or nobody is signed in."""


class StaleError(CoachError):
    """Somebody else was first; nothing was overwritten."""


class GoneError(StaleError):
    """What was to be added to was deleted meanwhile."""


class ModelError(CoachError):
    """The language model could not be reached or set up."""


@dataclass(frozen=True, order=True)
class Slip:
    """One mistake in the knowledge folder: where it is and what was expected there."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class KnowledgeError(CoachError):
    """The knowledge folder has mistakes, so nothing from it is published."""

    def __init__(self, heading: str, slips: list[Slip]) -> None:
        self.slips = sorted(slips)
        super().__init__("\n".join([heading, *map(str, self.slips)]))
