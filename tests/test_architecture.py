"""The shape of the code: imports one way, a light door, visible strings in files, a closed net."""

from __future__ import annotations

import ast
import re
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError

import coach
from coach.settings import PROJECT_FOLDER
from coach.texts import COACH_TEXTS, read_texts
from eval.texts import EVAL_TEXTS
from ui.words import UI_TEXTS

CODE = sorted(
    path for folder in ("coach", "ui", "eval") for path in (PROJECT_FOLDER / folder).rglob("*.py")
)
# Words of the trainers' file formats: they are read, never shown.
# The language modules and the perturbations hold letters and sounds.
FORMAT_MODULES = ("coach/instruction/situations.py", "coach/instruction/questions.py")
LETTER_MODULES = ("coach/language/", "coach/privacy/", "eval/perturbations.py")
CYRILLIC = re.compile("[а-яё]{3}", re.IGNORECASE)


def test_imports_point_one_way() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint, "--no-logo"], cwd=PROJECT_FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_door_names_what_it_opens() -> None:
    assert sorted(coach.__all__) == coach.__all__
    assert [name for name in coach.__all__ if not hasattr(coach, name)] == []


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ["chromadb", "torch", "langchain_core", "sklearn", "streamlit", "pymorphy3", "numpy"]
    script = f"import sys, coach, coach.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_only_settings_read_the_environment() -> None:
    readers = [
        str(path.relative_to(PROJECT_FOLDER))
        for path in CODE
        if re.search(r"os\.(environ|getenv)", path.read_text("utf-8"))
    ]
    assert readers == ["coach/settings.py"]


def test_visible_strings_stand_in_text_files() -> None:
    found = []
    for path in CODE:
        name = str(path.relative_to(PROJECT_FOLDER))
        tree = ast.parse(path.read_text("utf-8"))
        docstrings = {
            ast.get_docstring(node, clean=False)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        }
        for node in ast.walk(tree):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if is_text and CYRILLIC.search(node.value) and node.value not in docstrings:
                found.append((name, node.value))
    assert [one for one in found if not one[0].startswith((*FORMAT_MODULES, *LETTER_MODULES))] == []
    assert found


@pytest.mark.parametrize(
    ("path", "function", "folders"),
    [
        (COACH_TEXTS, "text", ("coach", "ui", "eval")),
        (UI_TEXTS, "word", ("ui",)),
        (EVAL_TEXTS, "word", ("eval",)),
    ],
)
def test_every_text_is_used_and_every_used_text_exists(
    path: Path, function: str, folders: tuple[str, ...]
) -> None:
    files = [file for file in CODE if file.relative_to(PROJECT_FOLDER).parts[0] in folders]
    trees = [ast.parse(file.read_text("utf-8")) for file in files]
    templates = "".join(file.read_text("utf-8") for file in path.parent.glob("*.j2"))
    asked = {*re.findall(r"\bw\('([a-z0-9_.]+)'\)", templates), *asked_keys(trees, function)}
    keys = set(keys_of(read_texts(path)))
    assert asked - keys == set()
    uses = KeyUses(trees, [ast.parse(file.read_text("utf-8")) for file in CODE])
    assert {key for key in keys - asked if not uses.holds(key)} == set()


def keys_of(node: object, prefix: str = "") -> Iterator[str]:
    """The dotted keys of a file of texts."""
    if not isinstance(node, dict):
        yield prefix
        return
    for key, value in node.items():
        yield from keys_of(value, f"{prefix}.{key}" if prefix else str(key))


def asked_keys(trees: Sequence[ast.Module], function: str) -> Iterator[str]:
    """The keys that stand whole in calls of the function that looks texts up."""
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == function and node.args:
            key = node.args[0]
            branches = [key.body, key.orelse] if isinstance(key, ast.IfExp) else [key]
            for branch in branches:
                if isinstance(branch, ast.Constant):
                    yield str(branch.value)


class KeyUses:
    """How code names keys: as whole strings, or put together from what any code names."""

    def __init__(self, trees: Sequence[ast.Module], code: Sequence[ast.Module]) -> None:
        nodes = [node for tree in trees for node in ast.walk(tree)]
        joined = [node for node in nodes if isinstance(node, ast.JoinedStr)]
        parts = {id(part) for node in joined for part in node.values}
        self._strings = set(strings_of(node for node in nodes if id(node) not in parts))
        everywhere = [node for tree in code for node in ast.walk(tree)]
        fields = [node.target for node in everywhere if isinstance(node, ast.AnnAssign)]
        self._names = {field.id for field in fields if isinstance(field, ast.Name)}
        self._names |= {name.strip(":") for name in strings_of(everywhere)}
        self._patterns = [re.compile("".join(map(pattern_of, node.values))) for node in joined]

    def holds(self, key: str) -> bool:
        """Whether a key is named whole, or put together by an f-string from what is named."""
        if key in self._strings:
            return True
        found = filter(None, (pattern.fullmatch(key) for pattern in self._patterns))
        return any(match.groups() and self._names.issuperset(match.groups()) for match in found)


def strings_of(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def pattern_of(part: ast.expr) -> str:
    """What a part of an f-string may stand for in a key."""
    return re.escape(str(part.value)) if isinstance(part, ast.Constant) else "([a-z0-9_.]+)"


def test_a_text_is_used_by_its_whole_key_alone() -> None:
    tree = ast.parse(
        'key = "a.whole"\n'
        'word(f"b.{kind}")\n'
        'KINDS = ("known",)\n'
        'word("c.first" if flag else "c.second")\n'
    )
    uses = KeyUses([tree], [tree])
    assert uses.holds("a.whole")
    assert uses.holds("b.known")
    assert not [key for key in ("a.who", "whole", "b.other", "d.known") if uses.holds(key)]
    assert set(asked_keys([tree], "word")) == {"c.first", "c.second"}


def test_modules_stay_small() -> None:
    long = {path.name: n for path in CODE if (n := len(path.read_text("utf-8").splitlines())) > 300}
    assert long == {}


def test_the_net_is_closed_in_tests() -> None:
    with pytest.raises(SocketConnectBlockedError), socket.socket() as probe:
        probe.connect(("192.0.2.1", 80))
