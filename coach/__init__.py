"""Coach tells a call-centre operator what the company's instruction says, word for word."""

from coach.assembly import build_coach, build_index
from coach.errors import CoachError, KnowledgeError
from coach.settings import Settings, load_settings

__all__ = [
    "CoachError",
    "KnowledgeError",
    "Settings",
    "build_coach",
    "build_index",
    "load_settings",
]
