"""A stream on a clock: read in a thread, given up at a deadline, stopped when nobody wants it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def read_within(seconds: float, start: Callable[[], Iterable[Item]]) -> Iterator[Item]:
    """Yield what a stream gives, as it comes.

    Raises TimeoutError when it has not ended in so many seconds, and whatever the stream raises.
    When the caller stops reading, the stream is closed at its next item.
    """
    deadline = time.monotonic() + seconds
    items: queue.Queue[tuple[str, object]] = queue.Queue()
    is_wanted = threading.Event()
    is_wanted.set()

    def read() -> None:
        try:
            for item in start():
                if not is_wanted.is_set():
                    return
                items.put(("item", item))
            items.put(("end", None))
        except BaseException as error:
            items.put(("error", error))

    threading.Thread(target=read, daemon=True).start()
    try:
        while True:
            try:
                kind, value = items.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise TimeoutError from None
            if kind == "end":
                return
            if kind == "error":
                assert isinstance(value, BaseException)
                raise value
            yield value  # type: ignore[misc]
            if time.monotonic() > deadline:
                raise TimeoutError
    finally:
        is_wanted.clear()
