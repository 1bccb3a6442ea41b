"""The command `coach` as CI and others call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from coach.language.repair import READ_CHARS
from coach.settings import PROJECT_FOLDER, Settings
from coach.texts import text

REPLY_FIELDS = {
    "question", "understood_as", "answered", "situations", "evidence", "say", "do", "avoid",
    "conflicts", "text", "citations", "choices", "refusal", "model", "advice", "dropped",
    "knowledge_version", "elapsed_ms", "danger", "danger_dismissed", "emergency", "direct",
}  # fmt: skip
RECEIVED = (
    (PROJECT_FOLDER / "knowledge/instruction/operator-instruction.txt").read_bytes().decode("utf-8")
)


def run(*arguments: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "coach.cli", *arguments]
    return subprocess.run(
        command,
        input=typed,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        cwd=PROJECT_FOLDER,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module", autouse=True)
def _index(real_settings: Settings) -> None:
    """The real index is there before the command is timed or read."""


def test_ask_prints_the_card() -> None:
    done = run("ask", "клиент требует телефон директора")
    assert (done.returncode, done.stderr) == (0, "")
    assert "«Извините, предоставить такую информацию нет возможности." in done.stdout


def test_a_very_long_question_is_answered_and_told_to_be_long() -> None:
    done = run("ask", "--json", "в трубке ребёнок " + "a" * 1_600)
    assert (done.returncode, done.stderr) == (0, f"{text('ask.too_long', count=READ_CHARS)}\n")
    assert json.loads(done.stdout)["situations"][0]["id"] == "child_caller"


def test_ask_json_is_the_contract() -> None:
    done = run("ask", "--json", "в трубке ребёнок")
    reply = json.loads(done.stdout)
    assert set(reply) == REPLY_FIELDS
    assert reply["answered"] is True
    (situation,) = reply["situations"]
    assert (situation["id"], situation["title"]) == ("child_caller", "На линии ребёнок")
    assert 0 <= situation["confidence"] <= 1
    assert [one["variant"] for one in reply["say"]] == [1, 2]
    numbers = [one["number"] for one in reply["citations"]]
    for one in (*reply["say"], *reply["do"], *reply["avoid"]):
        assert one["citation"] in numbers
    for one in reply["citations"]:
        assert set(one) == {"number", "document", "section", "quote", "start", "end"}
        assert RECEIVED[one["start"] : one["end"]] == one["quote"]
    assert (reply["choices"], reply["refusal"], reply["model"]) == ([], None, None)
    assert reply["elapsed_ms"] > 0


def test_json_is_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    path = tmp_path / "batch.jsonl"
    path.write_text('{"id": 1, "question": "ребёнок"}\n', "utf-8")
    for arguments in (("ask", "--json", "в трубке ребёнок"), ("ask", "--batch", str(path))):
        done = run(*arguments, PYTHONIOENCODING="cp1251")
        assert (done.returncode, done.stderr) == (0, "")
        assert "ребёнок" in json.loads(done.stdout).get("question", "ребёнок")


@pytest.mark.parametrize("encoding", ["ascii", "cp1251"])
def test_words_that_the_terminal_cannot_show_break_nothing(encoding: str) -> None:
    command = [sys.executable, "-m", "coach.cli", "ask", "в трубке ребёнок"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, capture_output=True, env=environment, timeout=120, check=False)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert "[1]" in done.stdout.decode(encoding)


def test_batch_keeps_order_and_answers_the_rest_of_a_broken_file(tmp_path: Path) -> None:
    lines = [
        b'{"id": 1, "question": "\xd1\x80\xd0\xb5\xd0\xb1\xd1\x91\xd0\xbd\xd0\xbe\xd0\xba"}',
        b"not json",
        b"",
        b"[1, 2]",
        b'{"id": "two"}',
        b'{"id": "both", "question": "a", "turns": ["b"]}',
        b'{"id": "number", "question": 5}',
        b'{"id": "none", "turns": []}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"id": null, "turns": ["\\ud800", "", "hello \\u0000", "' + b"x" * 50_000 + b'"]}',
    ]
    path = tmp_path / "batch.jsonl"
    path.write_bytes(b"\n".join(lines))
    done = run("ask", "--batch", str(path), "--json")
    assert done.returncode == 1
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["id"] for row in rows] == [
        1, None, None, "two", "both", "number", "none", None, None, None,
    ]  # fmt: skip
    assert [row.get("line") for row in rows] == [None, 2, 4, 5, 6, 7, 8, 9, 10, None]
    assert all(row["error"] for row in rows if "line" in row)
    assert rows[0]["replies"][0]["situations"][0]["id"] == "child_caller"
    assert len(rows[-1]["replies"]) == 4
    assert "Traceback" not in done.stderr


def test_a_clean_batch_exits_with_zero(tmp_path: Path) -> None:
    path = tmp_path / "batch.jsonl"
    rows = [{"id": n, "turns": ["в трубке ребёнок", "а какая погода"]} for n in range(3)]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    done = run("ask", "--batch", str(path), "--json")
    assert done.returncode == 0
    replies = [json.loads(line)["replies"] for line in done.stdout.splitlines()]
    assert [[reply["answered"] for reply in one] for one in replies] == [[True, False]] * 3


@pytest.mark.parametrize(
    ("arguments", "environment", "expected", "status"),
    [
        (("ask", "--batch", "/nowhere/b.jsonl"), {}, "/nowhere/b.jsonl", 1),
        (("ask",), {}, "usage:", 2),
        (("dance",), {}, "usage:", 2),
        (("ask", "вопрос"), {"COACH_PORT": "много"}, "COACH_PORT", 1),
        (("ask", "вопрос"), {"COACH_KNOWLEDGE": "/nowhere"}, "COACH_KNOWLEDGE", 1),
        (("ask", "вопрос"), {"COACH_INDEX": "/dev/null/index"}, "COACH_INDEX", 1),
        (("ui",), {"COACH_HOST": "no.such.host.invalid"}, "COACH_HOST", 1),
        (("ui",), {"COACH_HOST": "x" * 70}, "COACH_HOST", 1),
    ],
)
def test_bad_input_gets_a_clear_line(
    arguments: tuple[str, ...], environment: dict[str, str], expected: str, status: int
) -> None:
    done = run(*arguments, **environment)
    assert done.returncode == status
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


def test_a_trainers_slip_is_printed_with_file_and_line(small_settings: Settings) -> None:
    path = small_settings.knowledge / "situations/boss_phone.md"
    path.write_text(path.read_text("utf-8").replace("- Извините,", "- Простите,"), "utf-8")
    done = run(
        "index",
        COACH_KNOWLEDGE=str(small_settings.knowledge),
        COACH_INDEX=str(small_settings.index),
    )
    assert done.returncode == 1
    assert "situations/boss_phone.md:" in done.stderr
    assert "Traceback" not in done.stderr


def test_chat_answers_picks_a_choice_and_ends() -> None:
    done = run("chat", typed="какую скидку дать\n\n1\nв трубке ребёнок\n")
    assert done.returncode == 0
    assert "В инструкции на это ответа нет" in done.stdout
    assert done.stdout.count("Ситуация:") == 2
    assert "сколько Вам лет" in done.stdout


def test_index_says_whether_it_built() -> None:
    done = run("index")
    assert done.returncode == 0
    assert "Индекс свежий" in done.stdout


def test_a_cold_question_does_not_wait_for_torch_or_scikit_learn() -> None:
    script = (
        "import sys; from coach.cli import main; main(['ask', 'в трубке ребёнок']);"
        "print(*[m for m in ('torch', 'sklearn', 'sentence_transformers', 'streamlit')"
        " if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr.strip() == ""
    assert "Ситуация" in done.stdout


def test_eval_takes_the_options_of_the_evaluation(tmp_path: Path) -> None:
    chosen = ("--only", "two,hostile", "--situation", "child_caller")
    done = run("eval", *chosen, "--reports", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "Пройдено" in done.stdout
    assert (tmp_path / "report.html").exists()
    assert run("eval", "--only", "nosuch").returncode == 2
    assert "--compare" in run("eval", "--help").stdout
    assert run("doctor", "--only", "two").returncode == 2
