"""Batches: questions as JSON lines in, replies as JSON lines out, in the same order."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from coach.answering.reply import Reply
from coach.coaching import Coach
from coach.errors import CoachError, InputError
from coach.searching import DocumentSearch, to_row
from coach.texts import text


def answer_batch(coach: Coach, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Yield one object per line: `id` and `replies`, or `line` and `error` for a malformed line.

    A line is `{"id": …, "question": …}` or `{"id": …, "turns": [q1, q2, …]}`; blank lines are
    passed over.
    """

    def answer(row: dict[str, Any]) -> dict[str, Any]:
        replies = answer_conversation(coach, _read_turns(row))
        return {"replies": [reply.to_json() for reply in replies]}

    return _answer_lines(lines, answer)


def search_batch(
    search: DocumentSearch, lines: Iterable[bytes], count: int
) -> Iterator[dict[str, Any]]:
    """Yield `id` and `passages` per line, or `line` and `error`; see `answer_batch`."""

    def answer(row: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(row.get("question"), str):
            raise InputError(text("batch.question_is_string"))
        return {"passages": [to_row(one) for one in search.search(row["question"], count)]}

    return _answer_lines(lines, answer)


def _answer_lines(
    lines: Iterable[bytes], answer: Callable[[dict[str, Any]], dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        identity: object = None
        try:
            row = _read_row(line)
            identity = row.get("id")
            yield {"id": identity, **answer(row)}
        except CoachError as error:
            yield {"id": identity, "line": number, "error": str(error)}
        except Exception as error:  # a fault of one line never takes the answers of the others
            name = type(error).__name__
            logging.getLogger("coach.batch").error("line %d: %s", number, name)
            yield {"id": identity, "line": number, "error": text("batch.failed", fault=name)}


def answer_conversation(coach: Coach, turns: Iterable[str]) -> list[Reply]:
    """Answer the turns of one conversation, each knowing the ones before it."""
    replies: list[Reply] = []
    for message in turns:
        reply = coach.reply(replies, message)
        reply = coach.reword(replies, reply) or reply
        replies.append(coach.advise(replies, reply))
    return replies


def _read_row(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(text("batch.not_utf8")) from error
    except ValueError as error:
        raise InputError(text("batch.not_json", fault=error)) from error
    except RecursionError as error:
        raise InputError(text("batch.not_object")) from error
    if not isinstance(row, dict):
        raise InputError(text("batch.not_object"))
    return row


def _read_turns(row: dict[str, Any]) -> list[str]:
    if ("question" in row) == ("turns" in row):
        raise InputError(text("batch.question_or_turns"))
    turns = row["turns"] if "turns" in row else [row["question"]]
    if not isinstance(turns, list) or not turns or not all(isinstance(t, str) for t in turns):
        raise InputError(text("batch.turns_are_strings"))
    return turns
