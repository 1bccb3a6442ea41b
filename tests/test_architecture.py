"""The shape of the code: imports one way, a light door, visible strings in files, a closed net."""

from __future__ import annotations

import ast
import re
import socket
import subprocess
import sys
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
    "path", [COACH_TEXTS, UI_TEXTS, EVAL_TEXTS], ids=lambda path: path.parent.name
)
def test_every_text_is_used_and_every_used_text_exists(path: Path) -> None:
    function = "text" if path == COACH_TEXTS else "word"
    folders = (path.parent,) if function == "word" else tuple({one.parent for one in CODE})
    files = [one for one in CODE if one.parent in folders or path == COACH_TEXTS]
    code = "\n".join(one.read_text("utf-8") for one in files)
    code += "\n".join(one.read_text("utf-8") for one in path.parent.glob("*.j2"))
    used = set(re.findall(rf'\b{function}\(\s*"([a-z_.]+)"', code))
    keys: set[str] = set()

    def walk(node: object, prefix: str) -> None:
        if isinstance(node, dict):
            for key, value in node.items():
                walk(value, f"{prefix}.{key}" if prefix else str(key))
        else:
            keys.add(prefix)

    walk(read_texts(path), "")
    assert used - keys == set()
    built = set(re.findall(r'f"([a-z_.]+)\{', code))
    unused = {
        key
        for key in keys
        if key not in code
        and key.rsplit(".", 1)[-1] not in code
        and not any(key.startswith(start) for start in built)
    }
    assert unused == set()


def test_modules_stay_small() -> None:
    long = {path.name: n for path in CODE if (n := len(path.read_text("utf-8").splitlines())) > 300}
    assert long == {}


def test_the_net_is_closed_in_tests() -> None:
    with pytest.raises(SocketConnectBlockedError), socket.socket() as probe:
        probe.connect(("192.0.2.1", 80))
