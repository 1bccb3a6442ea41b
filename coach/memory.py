"""Memory of a process that runs for weeks: what is freed goes back to the system.

glibc keeps freed memory, spread over its arenas, and with every large block that is freed it raises
the size from which blocks are mapped apart: a page that opens a new index at each publishing would
grow. Other C libraries need none of this.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

MAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of malloc.h
LARGE_BYTES = 128 * 1024


def map_large_blocks() -> None:
    """Have every large block mapped apart from now on: freed, it is gone at once."""
    if library := _library():
        library.mallopt(MAP_THRESHOLD, LARGE_BYTES)


def return_freed() -> None:
    """Give back what was freed and still lies in the arenas."""
    if library := _library():
        library.malloc_trim(0)


@cache
def _library() -> Any:
    """The C library where it is glibc, or None."""
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") else None
