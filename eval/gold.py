"""The gold set: cases with what is expected, and one gold response for every situation.

A gold folder holds `questions.jsonl`, `conversations.jsonl`, `hostile.jsonl` and
`responses/<situation>.yaml`. Optional are `plain.jsonl` (plain words) and `far.jsonl` (far from the
bank), both in the form of questions, `danger.jsonl` (messages in danger and calm look-alikes), and
`taught.jsonl`, the questions that trainers taught and that must stay right. A question that is
still empty is none: `coach eval new` writes a skeleton with such for a knowledge folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from coach.errors import CoachError
from coach.instruction.documents import find_excerpt
from coach.instruction.knowledge import Knowledge
from coach.instruction.questions import NOT_ANSWERED
from coach.taught import TAUGHT
from eval.cases import FIRST, SMALL_TALK, turn_kinds
from eval.texts import word

TAUGHT_SUITE = "taught"
PLAIN, FAR, FIRST_TURNS = "plain", "far", "first_turns"
IN_DANGER, CALM = "danger", "calm"
POSSIBLE = "possible"
REFUSED, ANSWERED, ANY = "refused", "answered:", "any"
Place = tuple[str, int, int]


class GoldError(CoachError):
    """A gold file cannot be read; the message names the file, the line and the remedy."""


@dataclass(frozen=True)
class Response:
    """The gold response of a situation.

    `say` holds for each phrase the accepted wordings; `steps` the word stems that one line must
    hold; `must_not_say` regular expressions; `accepted` and `required` are places in documents
    (document, start, end) that are right to cite, and that must be cited at least in part.
    """

    situation: str
    say: tuple[tuple[str, ...], ...] = ()
    steps: tuple[tuple[str, ...], ...] = ()
    is_ordered: bool = False
    must_not_say: tuple[re.Pattern[str], ...] = ()
    accepted: tuple[Place, ...] = ()
    required: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Case:
    """One case: the messages of a conversation and what is expected of the last one.

    `expected` are situation ids, or `none`, `smalltalk`, `any`; `danger` or `calm` where only that
    is looked at. `never` may not be shown. `danger` says whether somebody's life is in danger:
    None where it may be, and to say so or not is equally right.
    """

    id: str
    suite: str
    turns: tuple[str, ...]
    expected: tuple[str, ...]
    kind: str = ""
    never: tuple[re.Pattern[str], ...] = ()
    danger: bool | None = False


@dataclass(frozen=True)
class GoldSet:
    """All cases and the gold responses by situation."""

    cases: tuple[Case, ...]
    responses: Mapping[str, Response]


def read_gold(folder: Path, knowledge: Knowledge) -> GoldSet:
    """Read a gold folder; raise GoldError with every slip that was found."""
    slips: list[str] = []
    known = frozenset(knowledge.situations)
    cases = [
        *_read_lines(folder / "questions.jsonl", _question_cases, known, slips),
        *_read_lines(folder / "conversations.jsonl", _conversation_cases, known, slips),
        *_read_lines(folder / "hostile.jsonl", _hostile_cases, known, slips),
    ]
    for name, read in OPTIONAL.items():
        if (folder / name).exists():
            cases += _read_lines(folder / name, read, known, slips)
    responses = {}
    for path in sorted((folder / "responses").glob("*.yaml")):
        response = _read_response(path, knowledge, slips)
        if response:
            responses[response.situation] = response
    slips += [
        word("slips.no_response", file=folder / "responses" / f"{name}.yaml")
        for name in sorted(known - set(responses))
        if not any(f"{name}.yaml" in slip for slip in slips)
    ]
    if slips:
        raise GoldError("\n".join([word("slips.heading"), *slips]))
    return GoldSet(tuple(cases), responses)


Reader = Callable[[dict[str, Any], frozenset[str]], list[Case]]


def _read_lines(
    path: Path, read: Reader, known: frozenset[str], slips: list[str]
) -> Iterator[Case]:
    if not path.exists():
        slips.append(word("slips.no_file", file=path))
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield from read(json.loads(line), known)
        except json.JSONDecodeError as error:
            slips.append(word("slips.not_json", file=path, line=number, fault=error.msg))
        except KeyError as error:
            slips.append(word("slips.no_key", file=path, line=number, key=error.args[0]))
        except ValueError as error:
            slips.append(word("slips.bad_value", file=path, line=number, fault=error))
        except (TypeError, AttributeError):
            slips.append(word("slips.bad_form", file=path, line=number))


def _check_known(names: tuple[str, ...], known: frozenset[str]) -> tuple[str, ...]:
    for name in names:
        if name not in known | {NOT_ANSWERED, SMALL_TALK}:
            raise ValueError(word("slips.unknown", name=name))
    return names


def _question_cases(row: dict[str, Any], known: frozenset[str]) -> list[Case]:
    expected = _check_known(tuple(row["situations"]), known)
    suite = "two" if len(expected) == 2 else "situations"
    kind = str(row["author"])
    if expected == (NOT_ANSWERED,):
        suite, kind = "not_answered", "near_miss" if row.get("near_miss") else "far"
    return _cases_of(row, suite, expected, kind)


def _cases_of(
    row: dict[str, Any], suite: str, expected: tuple[str, ...], kind: str = ""
) -> list[Case]:
    """The case of a row that holds one question; none where nobody has written it yet."""
    question = str(row["question"])
    danger = _danger_of(row)
    case = Case(str(row["id"]), suite, (question,), expected, kind, danger=danger)
    return [case] if question.strip() else []


def _danger_of(row: dict[str, Any]) -> bool | None:
    danger = row.get("danger", False)
    if danger not in (True, False, POSSIBLE):
        raise ValueError(word("slips.bad_danger", value=danger))
    return None if danger == POSSIBLE else danger


def _plain_cases(row: dict[str, Any], known: frozenset[str]) -> list[Case]:
    (expected,) = _check_known(tuple(row["situations"]), known)
    return _cases_of(row, PLAIN, (expected,), str(row["author"]))


def _far_cases(row: dict[str, Any], known: frozenset[str]) -> list[Case]:
    (expected,) = _check_known(tuple(row["situations"]), known)
    if expected != NOT_ANSWERED:
        raise ValueError(word("slips.not_far", name=expected))
    return _cases_of(row, FAR, (expected,), str(row["author"]))


def _danger_cases(row: dict[str, Any], known: frozenset[str]) -> list[Case]:
    if not isinstance(row["danger"], bool):
        raise ValueError(word("slips.bad_danger", value=row["danger"]))
    suite = IN_DANGER if row["danger"] else CALM
    return _cases_of(row, suite, (suite,), str(row["kind"]))


def _taught_cases(row: dict[str, Any], known: frozenset[str]) -> list[Case]:
    (expected,) = _check_known(tuple(row["situations"]), known)
    return _cases_of(row, TAUGHT_SUITE, (expected,))


OPTIONAL: dict[str, Reader] = {
    "plain.jsonl": _plain_cases,
    "far.jsonl": _far_cases,
    "danger.jsonl": _danger_cases,
    TAUGHT: _taught_cases,
}


def _conversation_cases(row: dict[str, Any], known: frozenset[str]) -> list[Case]:
    """A case for every turn, with the turns before it; first turns are a suite of their own."""
    turns = tuple(str(turn["question"]) for turn in row["turns"])
    expected = _check_known(tuple(str(turn["expect"]) for turn in row["turns"]), known)
    dangers = map(_danger_of, row["turns"])
    return [
        Case(
            f"{row['id']}-{n}",
            FIRST_TURNS if kind == FIRST else "conversations",
            turns[:n],
            (expected[n - 1],),
            kind,
            danger=danger,
        )
        for n, (kind, danger) in enumerate(zip(turn_kinds(expected), dangers, strict=True), 1)
    ]


def _hostile_cases(row: dict[str, Any], known: frozenset[str]) -> list[Case]:
    expect = str(row["expect"])
    if expect.startswith(ANSWERED):
        expected = _check_known((expect.removeprefix(ANSWERED),), known)
    elif expect in (REFUSED, ANY):
        expected = (NOT_ANSWERED if expect == REFUSED else ANY,)
    else:
        raise ValueError(word("slips.bad_expect", value=expect))
    message = str(row["text"]) * int(row.get("repeat", 1))
    never = tuple(_compile(one) for one in row.get("never", ()))
    kind = str(row["kind"])
    is_danger = kind == IN_DANGER
    return [Case(str(row["id"]), "hostile", (message,), expected, kind, never, is_danger)]


def _compile(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise ValueError(word("slips.bad_pattern", pattern=pattern, fault=error)) from error


def _read_response(path: Path, knowledge: Knowledge, slips: list[str]) -> Response | None:
    try:
        row = yaml.safe_load(path.read_text(encoding="utf-8"))
        name = row["situation"]
        if name not in knowledge.situations or name != path.stem:
            raise ValueError(word("slips.unknown", name=name))
        return Response(
            name,
            tuple(tuple(map(str, one["accepted"])) for one in row.get("say") or ()),
            tuple(tuple(map(str, stems)) for stems in row.get("steps") or ()),
            bool(row.get("ordered", False)),
            tuple(_compile(one) for one in row.get("must_not_say") or ()),
            tuple(p for one in row["citations"] for p in _find(one, knowledge)),
            tuple(p for one in row["required"] for p in _find(one, knowledge)),
        )
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        fault = getattr(error, "problem", "")
        slips.append(word("slips.not_yaml", file=path, line=line, fault=fault))
    except KeyError as error:
        slips.append(word("slips.no_key", file=path, line=1, key=error.args[0]))
    except ValueError as error:
        slips.append(word("slips.bad_value", file=path, line=_line_of(path, error), fault=error))
    except (TypeError, AttributeError):
        slips.append(word("slips.bad_form", file=path, line=1))
    return None


def _find(excerpt: str, knowledge: Knowledge) -> list[Place]:
    places = [
        (document.name, start, end)
        for document in knowledge.documents.values()
        for start, end in find_excerpt(excerpt, document.text)
    ]
    if not places:
        raise ValueError(word("slips.no_excerpt", excerpt=excerpt))
    return places


def _line_of(path: Path, error: ValueError) -> int:
    """The line that holds what an error quotes; 1 when it is not found."""
    quoted = re.findall(r"«(.+?)»", str(error), re.DOTALL)
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((n for n, line in enumerate(lines, 1) if quoted and quoted[0][:40] in line), 1)
