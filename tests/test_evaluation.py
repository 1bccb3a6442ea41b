"""The evaluation bites: it passes on the landed knowledge and catches every sabotage of a copy."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from coach import build_coach, build_index
from coach.answering.reply import Reply
from coach.assembly import report_nothing
from coach.coaching import Coach
from coach.instruction.knowledge import load_knowledge
from coach.quality.evaluations import HISTORY, question_key, read_history, read_report
from coach.safety.detector import CERTAIN, POSSIBLE
from coach.settings import PROJECT_FOLDER, Settings
from coach.understanding.decision import DANGER
from eval import command, plain_chain
from eval.accepted import read_baseline, write_baseline
from eval.alarms import alarms_by_kind
from eval.cases import GOLD
from eval.command import COULD_NOT, FAILED, PASSED, main
from eval.gold import CALM, IN_DANGER, Case, GoldError, GoldSet, read_gold
from eval.judge import MOST_CASES
from eval.peers import measure_peers
from eval.perturbations import NEUTRAL, PERTURBATIONS
from eval.plain_chain import ENCODER
from eval.reports import Outcome, as_html, as_json, as_markdown
from eval.running import Result, Run, Selection, run_cases, score
from eval.scorers import RIGHT, Score, score_same
from eval.skeleton import write_skeleton
from eval.summary import (
    THRESHOLDS,
    by_case,
    check_thresholds,
    compare,
    summarise,
    values_of,
)
from eval.texts import word
from tests.conftest import make_settings
from tests.language_server import serve_language

KNOWLEDGE = PROJECT_FOLDER / "knowledge"
Change = Callable[[Path], None]


@pytest.fixture(scope="module")
def whole(coach: Coach, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of one run over everything but the slow measures."""
    folder = tmp_path_factory.mktemp("reports")
    status = main(["--fast", "--reports", str(folder)], lambda settings: coach)
    assert status == PASSED
    return folder


def copy_knowledge(real: Settings, folder: Path, change: Change) -> Settings:
    """A copy of the knowledge, changed; its index may start from the real one."""
    shutil.copytree(KNOWLEDGE, folder / "knowledge")
    index = folder / "index"
    shutil.copytree(real.index / "builds", index / "builds")
    shutil.copyfile(real.index / "current", index / "current")
    (index / "embedders").symlink_to(real.index / "embedders")
    change(folder / "knowledge")
    return make_settings(knowledge=folder / "knowledge", index=index)


def run(
    settings: Settings, folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str]:
    """The exit status and what was printed of an evaluation of these settings."""

    def open_coach(_: Settings) -> Coach:
        build_index(settings, report=report_nothing)
        return build_coach(settings, report=report_nothing)

    options = ["--fast", "--reports", str(folder / "reports"), *arguments]
    status = main(options, open_coach)
    captured = capsys.readouterr()
    return status, captured.out + captured.err


def test_the_landed_knowledge_passes_and_every_report_is_there(whole: Path) -> None:
    row = json.loads((whole / "report.json").read_text("utf-8"))
    assert row["is_fine"]
    assert row["failed"] == []
    suite = ElementTree.parse(whole / "junit.xml").getroot()
    assert int(suite.attrib["tests"]) > 10
    assert suite.attrib["failures"] == "0"
    assert "| Показатель |" in (whole / "report.md").read_text("utf-8")
    page = (whole / "report.html").read_text("utf-8")
    assert page.count("<svg") >= 5
    assert not re.search(r"(?:src|href)=\"https?:", page)
    assert "<script" not in page


def test_a_failed_case_shows_question_expected_got_and_its_passages(whole: Path) -> None:
    page = (whole / "report.html").read_text("utf-8")
    assert "<details>" in page
    links = set(re.findall(r'href="#(.+?)"', page))
    anchors = set(re.findall(r'id="(.+?)"', page))
    assert links
    assert links <= anchors


def test_what_was_typed_is_inert_in_the_page(whole: Path) -> None:
    page = (whole / "report.html").read_text("utf-8")
    assert "<script>alert" not in page
    assert "<img" not in page


def test_a_changed_word_of_a_phrase_is_caught(
    real_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(folder: Path) -> None:
        for path in (*folder.glob("situations/boss_phone.md"), *folder.glob("instruction/*.txt")):
            words = path.read_bytes().decode("utf-8")
            path.write_bytes(words.replace("нет возможности", "нет желания").encode("utf-8"))

    settings = copy_knowledge(real_settings, tmp_path, change)
    gold = tmp_path / "gold"
    shutil.copytree(GOLD, gold)
    response = gold / "responses/boss_phone.yaml"
    words = response.read_text("utf-8")
    head, citations = words.split("citations:")
    response.write_text(
        head + "citations:" + citations.replace("нет возможности", "нет желания"), "utf-8"
    )
    status, said = run(
        settings,
        tmp_path,
        capsys,
        "--gold",
        str(gold),
        "--only",
        "situations",
        "--situation",
        "boss_phone",
    )
    assert status == FAILED
    assert "фразы слово в слово" in said.split("Не пройдено")[1]


def test_two_swapped_situations_are_caught(
    real_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(folder: Path) -> None:
        one, other = folder / "questions/boss_phone.txt", folder / "questions/slow_speaker.txt"
        words = one.read_bytes()
        one.write_bytes(other.read_bytes().replace(b"boss_phone", b"x"))
        other.write_bytes(words.replace(b"slow_speaker", b"x"))
        for path in (one, other):
            lines = path.read_text("utf-8").splitlines()
            kept = [re.sub(r"; вместе: .*", "", line) for line in lines]
            path.write_text("\n".join(kept) + "\n", "utf-8")

    settings = copy_knowledge(real_settings, tmp_path, change)
    status, said = run(
        settings, tmp_path, capsys, "--only", "situations", "--situation", "boss_phone"
    )
    assert status == FAILED
    assert "верная карточка первой" in said.split("Не пройдено")[1]


def test_an_emptied_bank_of_what_is_not_answered_is_caught(
    real_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(folder: Path) -> None:
        (folder / "questions/none.txt").write_text("какая погода\n", "utf-8")

    settings = copy_knowledge(real_settings, tmp_path, change)
    status, said = run(settings, tmp_path, capsys, "--only", "not_answered")
    assert status == FAILED
    assert "не отвечено, когда ответа нет" in said.split("Не пройдено")[1]


class ShiftingCoach:
    """A coach whose citations are off by one character: a fault that no real part makes."""

    def __init__(self, coach: Coach) -> None:
        self._coach = coach

    def __getattr__(self, name: str) -> Any:
        return getattr(self._coach, name)

    def reply(self, conversation: list[Reply], message: str) -> Reply:
        reply = self._coach.reply(conversation, message)
        shifted = [replace(one, start=one.start + 1, end=one.end + 1) for one in reply.citations]
        return replace(reply, citations=tuple(shifted))


def test_citations_shifted_by_one_are_caught(
    coach: Coach, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [
        "--fast",
        "--reports",
        str(tmp_path),
        "--only",
        "situations",
        "--situation",
        "duties",
    ]
    assert main(options, lambda _: ShiftingCoach(coach)) == FAILED  # type: ignore[arg-type,return-value]
    assert "каждая строка стоит на цитате" in capsys.readouterr().out.split("Не пройдено")[1]


def copy_small_gold(folder: Path) -> Path:
    """A gold folder of a tenth of the ordinary cases, with own messages in danger and out of it."""
    folder.mkdir()
    shutil.copytree(GOLD / "responses", folder / "responses")
    for name in ("questions.jsonl", "hostile.jsonl", "conversations.jsonl"):
        lines = (GOLD / name).read_text("utf-8").splitlines()
        (folder / name).write_text("\n".join(lines[::10]) + "\n", "utf-8")
    write_rows(folder / "plain.jsonl", PLAIN_ROWS)
    write_rows(folder / "far.jsonl", [row(*FAR_ROW)])
    write_rows(folder / "danger.jsonl", DANGER_ROWS)
    return folder


def write_rows(path: Path, rows: Sequence[object]) -> None:
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def row(name: str, question: str, *situations: str) -> dict[str, object]:
    return {"id": name, "question": question, "situations": list(situations), "author": "test"}


PLAIN_ROWS = [
    row("p-1", "клиент требует дать телефон директора", "boss_phone"),
    row("p-2", "на линии говорит маленький ребёнок", "child_caller"),
    row("p-3", "какой рецепт борща у нас в столовой", "none"),
]
FAR_ROW = ("f-1", "чем кормить морскую свинку зимой", "none")
DANGER_ROWS = [
    {"id": "d-1", "question": "в квартире пожар", "danger": True, "kind": "fire_gas"},
    {"id": "d-2", "question": "он наглотался чего-то", "danger": True, "kind": "без имени"},
    {"id": "d-3", "question": "дедлайн горит", "danger": False, "kind": "saying"},
]


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("questions.jsonl", "situation_right"),
        ("conversations.jsonl", "turns"),
        ("hostile.jsonl", "hostile"),
        ("danger.jsonl", "danger_found"),
        ("plain.jsonl", "plain_right"),
    ],
)
def test_an_emptied_input_is_caught(
    coach: Coach,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    metric: str,
) -> None:
    gold = copy_small_gold(tmp_path / "gold")
    (gold / name).write_text("", "utf-8")
    options = ["--gold", str(gold), "--reports", str(tmp_path / "r")]
    monkeypatch.setattr(command, "run_measures", lambda *_: None)
    monkeypatch.setattr(command, "measure_peers", lambda *_: [])
    assert main(options, lambda _: coach) == FAILED
    assert f"✗ {metric}: нет ни одного случая" in capsys.readouterr().out


def test_each_whole_run_adds_a_line_to_the_history(
    coach: Coach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold, reports = copy_small_gold(tmp_path / "gold"), tmp_path / "reports"
    monkeypatch.setattr(command, "run_measures", lambda *_: None)
    monkeypatch.setenv("COACH_REPORTS", str(reports))
    options = ["--gold", str(gold)]
    for more in ([], ["--fast"], ["--only", "two"], ["--situation", "duties"]):
        assert main([*options, *more], lambda _: coach) in (PASSED, FAILED)
    assert len(read_history(reports)) == 1
    with (reports / HISTORY).open("a", encoding="utf-8") as file:
        file.write('{"at": "2026-')
    assert main(options, lambda _: coach) in (PASSED, FAILED)
    first, second = read_history(reports)
    report, row = read_report(reports), json.loads((reports / "report.json").read_text("utf-8"))
    assert first.at <= second.at
    assert (second.version, second.is_fine) == (coach.knowledge.version, row["is_fine"])
    assert [one.value for one in second.metrics] == [one["value"] for one in row["metrics"]]
    assert all(one.title for one in second.metrics)
    assert set(second.situations) == {*coach.knowledge.situations, "none"}
    whole = {one.name: one for one in second.metrics}["situation_right"]
    shares = [share for name, share in second.situations.items() if name != "none"]
    assert sum(one.total for one in shares) == whole.count
    assert sum(one.right for one in shares) / whole.count == pytest.approx(whole.value)
    assert report is not None
    assert report.at == second.at
    lines = (gold / "questions.jsonl").read_text("utf-8").splitlines()
    asked = {question_key(json.loads(line)["question"]) for line in lines}
    assert asked <= set(report.is_right)


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        ("questions.jsonl", "{нет", r"questions.jsonl:1: строка не JSON"),
        (
            "questions.jsonl",
            '{"id": 1, "question": "а"}',
            r"questions.jsonl:1: нет поля «situations»",
        ),
        (
            "questions.jsonl",
            '{"id": 1, "question": "а", "situations": ["нечто"], "author": "я"}',
            r"questions.jsonl:1: нет ситуации «нечто»",
        ),
        ("questions.jsonl", "[1]", r"questions.jsonl:1: поле не того вида"),
        ("hostile.jsonl", '{"id": 1, "text": "а", "kind": "x", "expect": "что"}', "expect «что»"),
        (
            "danger.jsonl",
            '{"id": 1, "question": "а", "kind": "x", "danger": "yes"}',
            "danger.jsonl:1: danger «yes»",
        ),
        (
            "far.jsonl",
            '{"id": 1, "question": "а", "situations": ["duties"], "author": "я"}',
            "far.jsonl:1: ситуация «duties» здесь лишняя",
        ),
        (
            "hostile.jsonl",
            '{"id": 1, "text": "а", "kind": "x", "expect": "any", "never": ["("]}',
            "hostile.jsonl:1: выражение",
        ),
        ("responses/duties.yaml", "situation: [", r"duties.yaml:\d+: файл не читается"),
        ("responses/duties.yaml", "situation: duties", "duties.yaml:1: нет поля «citations»"),
        (
            "responses/duties.yaml",
            "situation: duties\ncitations: [нет такой]\nrequired: []",
            "duties.yaml:2: цитаты нет",
        ),
    ],
)
def test_a_malformed_gold_file_is_named_with_line_and_remedy(
    coach: Coach,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    file: str,
    line: str,
    said: str,
) -> None:
    gold = tmp_path / "gold"
    shutil.copytree(GOLD, gold)
    (gold / file).write_text(line + "\n", "utf-8")
    with pytest.raises(GoldError, match=said):
        read_gold(gold, coach.knowledge)
    assert main(["--gold", str(gold)], lambda _: coach) == COULD_NOT
    assert "Traceback" not in capsys.readouterr().err


def test_the_gold_set_has_what_it_must_have(coach: Coach) -> None:
    gold = read_gold(GOLD, coach.knowledge)
    suites = Counter(case.suite for case in gold.cases)
    assert suites["two"] >= 30
    assert suites["not_answered"] >= 200
    near = [case for case in gold.cases if case.kind == "near_miss"]
    assert 2 * len(near) >= suites["not_answered"]
    assert suites["hostile"] >= 80
    lines = (GOLD / "conversations.jsonl").read_text("utf-8").splitlines()
    assert len(lines) >= 40
    assert set(gold.responses) == set(coach.knowledge.situations)
    for name in coach.knowledge.situations:
        own = [
            case for case in gold.cases if case.suite == "situations" and case.expected == (name,)
        ]
        assert len(own) >= 15
        assert len({case.kind for case in own}) >= 3


def test_a_skeleton_for_a_company_reads_back(
    small_knowledge: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold = tmp_path / "new"
    options = ["new", "--knowledge", str(small_knowledge), "--gold", str(gold)]
    assert main(options) == PASSED
    assert "Впишите вопросы" in capsys.readouterr().out
    read = read_gold(gold, load_knowledge(small_knowledge))
    assert set(read.responses) == {"boss_phone", "child_caller", "slow_speaker"}
    assert main(options) == COULD_NOT
    assert "не пуста" in capsys.readouterr().err


def test_a_skeleton_measures_nothing_before_people_fill_it_in(
    small_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold = write_skeleton(small_settings.knowledge, tmp_path / "gold")
    status, told = run(small_settings, tmp_path, capsys, "--gold", str(gold))
    assert status == COULD_NOT
    assert "нет ни одного случая" in told
    assert not (tmp_path / "reports").exists()
    path = gold / "questions.jsonl"
    asked = path.read_text("utf-8").replace('"question": ""', '"question": "дайте шефа"', 1)
    path.write_text(asked, "utf-8")
    (case,) = read_gold(gold, load_knowledge(small_settings.knowledge)).cases
    assert (case.turns, case.expected) == (("дайте шефа",), ("boss_phone",))


def test_only_a_sure_difference_is_called_worse() -> None:
    before = {"turns": {str(n): 1.0 for n in range(100)}}
    chance = {"turns": {str(n): float(n != 3) for n in range(100)}}
    worse = {"turns": {str(n): float(n % 4 > 0) for n in range(100)}}
    assert [one.is_fine for one in compare(before, chance)] == [True]
    assert [one.is_fine for one in compare(before, worse)] == [False]
    assert [one.is_fine for one in compare(worse, before)] == [True]
    assert compare(before, before) == []


def test_a_baseline_survives_being_written(coach: Coach, tmp_path: Path) -> None:
    gold = read_gold(GOLD, coach.knowledge)
    made = run_cases(coach, gold, Selection(("two",)), (), lambda steps, label: steps)
    write_baseline(made, tmp_path / "b.json")
    assert read_baseline(tmp_path / "b.json") == by_case(made)
    assert read_baseline(tmp_path / "none.json") == {}


def test_peers_are_measured_on_the_same_questions(coach: Coach) -> None:
    gold = read_gold(GOLD, coach.knowledge)
    selection = Selection(("situations",), "child_caller")
    made = run_cases(coach, gold, selection, (), lambda steps, label: steps)
    ours, plain, lexical = measure_peers(
        made.results, gold, next(iter(coach.knowledge.documents.values()))
    )
    assert ours.first > plain.first
    assert ours.first > lexical.first
    assert 0 <= plain.first <= plain.three <= 1


@pytest.fixture
def whole_run(coach: Coach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """A run of everything, of a few cases: only the ratio to the plain chain has a threshold."""
    gold = read_gold(GOLD, coach.knowledge)
    few = tuple(one for one in gold.cases if one.suite == "situations")[:5]
    monkeypatch.setattr("eval.command.read_gold", lambda *_: replace(gold, cases=few))
    monkeypatch.setattr("eval.running.PERTURBATIONS", {})
    monkeypatch.setattr("eval.command.run_measures", lambda *_: None)
    thresholds = tmp_path / "thresholds.yaml"
    thresholds.write_text("latency_ratio: {at_most: 1000}\n", "utf-8")
    options = ["--thresholds", str(thresholds), "--baseline", str(tmp_path / "none.json")]
    return lambda: main([*options, "--reports", str(tmp_path / "reports")], lambda _: coach)


def test_a_missing_encoder_is_told_at_the_start_and_the_rest_is_kept(
    whole_run: Callable[[], int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(plain_chain, "ENCODER", "no-such-package")
    told: list[str] = []
    asked = command.run_cases

    def note_what_was_told(*given: Any) -> Run:
        told.append(capsys.readouterr().err)
        return asked(*given)

    monkeypatch.setattr(command, "run_cases", note_what_was_told)
    assert whole_run() == PASSED
    assert ENCODER in told[0]
    row = json.loads((tmp_path / "reports/report.json").read_text("utf-8"))
    assert [one["title"] for one in row["peers"]] == [
        word("page.peer_ours"),
        word("page.peer_lexical"),
    ]
    assert (tmp_path / "reports/history.jsonl").read_text("utf-8").count("\n") == 1


def test_a_measure_that_fails_loses_nothing_of_the_others(
    whole_run: Callable[[], int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(command, "measure_peers", fail)
    assert whole_run() == FAILED
    assert "no such luck" in capsys.readouterr().out
    row = json.loads((tmp_path / "reports/report.json").read_text("utf-8"))
    assert row["metrics"]


def test_nothing_to_run_is_told(coach: Coach, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--fast", "--situation", "nowhere"], lambda _: coach) == COULD_NOT
    assert "--situation" in capsys.readouterr().err


def test_a_bad_revision_is_told(
    real_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--compare", "no-such-revision", "HEAD"]) == COULD_NOT
    assert "no-such-revision" in capsys.readouterr().err


def test_a_judge_needs_a_model(coach: Coach, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--fast", "--only", "two", "--judge", "3"]
    assert main(options, lambda _: coach) == COULD_NOT
    assert "COACH_LLM" in capsys.readouterr().err


def test_a_judge_alone_lets_the_coach_ask_no_model(
    coach: Coach, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[str] = []

    def open_coach(settings: Settings) -> Coach:
        opened.append(settings.llm)
        return coach

    with serve_language(["1"]) as server:
        monkeypatch.setenv("COACH_LLM", "openai:scripted")
        monkeypatch.setenv("COACH_LLM_BASE_URL", server.url)
        monkeypatch.setenv("COACH_LLM_API_KEY", "key")
        options = ["--fast", "--only", "situations", "--situation", "duties", "--judge", "1"]
        assert main([*options, "--reports", str(tmp_path)], open_coach) == PASSED
        judged = len(server.requests)
    assert opened == [""]
    assert 0 < judged <= MOST_CASES


def test_a_model_is_asked_of_clean_questions_alone(real_settings: Settings) -> None:
    with serve_language(["1"]) as server:
        change = {"llm": "openai:scripted", "llm_base_url": server.url}
        key = type(real_settings.llm_api_key)("key")
        settings = real_settings.model_copy(update=change | {"llm_api_key": key})
        asking = build_coach(settings, report=report_nothing)
        gold = read_gold(GOLD, asking.knowledge)
        selection = Selection(("perturbed",), "duties")
        made = run_cases(asking, gold, selection, (), lambda steps, label: steps)
        assert asking.model
        assert len(server.requests) == sum(
            not one.damage and one.reply.answered for one in made.results
        )
    damages = set(PERTURBATIONS) - {NEUTRAL}
    assert {one.damage for one in made.results} == {"", *damages}
    assert {name for one in made.results if one.damage for name in one.scores} == {"situation"}
    measured = {name for name, values in values_of(made).items() if values}
    assert {f"robustness:{kind}" for kind in damages} <= measured


class AlarmingCoach:
    """A coach that tells danger by the words of a message: any kind of alarm, whatever is shown."""

    def __init__(self, coach: Coach) -> None:
        self._coach = coach

    def __getattr__(self, name: str) -> Any:
        return getattr(self._coach, name)

    def reply(self, conversation: list[Reply], message: str) -> Reply:
        reply = self._coach.reply(conversation, message)
        if "пожар" in message:
            return replace(reply, answered=False, refusal=DANGER, danger=CERTAIN)
        if "горит" in message or "директора" in message:
            return replace(reply, danger=POSSIBLE)
        return replace(reply, refusal=None, danger=None)


def nothing_shown(steps: Any, label: str) -> Any:
    return steps


def read_small_gold(coach: Coach, tmp_path: Path) -> GoldSet:
    return read_gold(copy_small_gold(tmp_path / "gold"), coach.knowledge)


@pytest.fixture
def alarmed(coach: Coach, tmp_path: Path) -> Run:
    """A run of the small sets of danger and plain words against a coach of known alarms."""
    selection = Selection((IN_DANGER, CALM, "plain", "far"))
    told: Any = AlarmingCoach(coach)
    return run_cases(told, read_small_gold(coach, tmp_path), selection, (), nothing_shown)


def test_danger_and_false_alarms_are_counted_as_a_hand_counts(alarmed: Run) -> None:
    shares = {one.name: one.value for one in summarise(alarmed)}
    ordinary = float(next(one.reply.answered for one in alarmed.results if one.case.id == "d-2"))
    assert (shares["danger_found"], shares["danger_certain"]) == (0.5, 0.5)
    assert shares["danger_ordinary"] == ordinary / 2
    assert (shares["calm_any"], shares["calm_certain"]) == (1.0, 0.0)
    assert shares["ordinary_danger"] == pytest.approx(1 / 3)
    assert (shares["plain_right"], shares["plain_refused"]) == (1.0, 0.0)
    assert (shares["plain_abstention"], shares["far_abstention"]) == (1.0, 1.0)


def test_a_fault_is_worse_when_there_is_more_of_it(alarmed: Run) -> None:
    calm = {"calm_any": {str(n): 1.0 for n in range(50)}}
    alarming = {"calm_any": {str(n): float(n % 2) for n in range(50)}}
    (verdict,) = compare(calm, alarming)
    assert not verdict.is_fine
    assert "+0.500" in verdict.line
    failed = [one.name for one in check_thresholds(summarise(alarmed), THRESHOLDS, is_whole=False)]
    assert "calm_any" in failed
    lines = check_thresholds(summarise(alarmed), THRESHOLDS, is_whole=False)
    assert {one.name: one.is_fine for one in lines}["calm_any"] is False
    assert {one.name: one.is_fine for one in lines}["calm_certain"] is True


def test_alarms_stand_in_every_report_by_kind_with_their_intervals(
    alarmed: Run, coach: Coach
) -> None:
    kinds = {(one.suite, one.title): one.alarm.value for one in alarms_by_kind(alarmed)}
    assert kinds == {
        (IN_DANGER, "пожар и газ"): 1.0,
        (IN_DANGER, "без имени"): 0.0,
        (CALM, "поговорки"): 1.0,
    }
    outcome = Outcome(alarmed, summarise(alarmed), [], [], coach.knowledge, 0.0)
    assert "| опасность: пожар и газ | 1.000 [0.207; 1.000] |" in as_markdown(outcome)
    page = as_html(outcome, THRESHOLDS)
    assert "опасность: без имени" in page
    assert "0.000 [0.000; 0.793]" in page
    assert len(as_json(outcome)["alarms"]) == 3


def test_what_may_be_danger_counts_on_neither_side(coach: Coach, tmp_path: Path) -> None:
    gold = copy_small_gold(tmp_path / "gold")
    rows = [
        row("q-1", "он истекает кровью", "none") | {"danger": True},
        row("q-2", "у меня темнеет в глазах", "operator_unwell") | {"danger": POSSIBLE},
        row("q-3", "говорит очень медленно", "slow_speaker"),
    ]
    write_rows(gold / "questions.jsonl", rows)
    cases = {case.id: case for case in read_gold(gold, coach.knowledge).cases}
    assert [cases[name].danger for name in ("q-1", "q-2", "q-3")] == [True, None, False]
    gold_set = read_gold(gold, coach.knowledge)
    reply = replace(coach.reply([], "привет"), danger=POSSIBLE)
    scores = {
        name: score(coach, cases[name], gold_set, (), reply) for name in ("q-1", "q-2", "q-3")
    }
    assert scores["q-1"]["danger"] == RIGHT
    assert not {"danger", "undisturbed"} & set(scores["q-2"])
    assert scores["q-3"]["undisturbed"].value == 0.0


def test_a_neutral_change_must_leave_the_answer(coach: Coach, tmp_path: Path) -> None:
    gold = read_small_gold(coach, tmp_path)
    made = run_cases(coach, gold, Selection((NEUTRAL,), "boss_phone"), (), nothing_shown)
    clean = [one for one in made.results if not one.damage]
    changed = [one for one in made.results if one.damage]
    assert {one.case.suite for one in clean} == {"situations", "plain"}
    assert [one.case.id for one in changed] == [one.case.id for one in clean]
    assert {one.damage for one in changed} == {NEUTRAL}
    assert all(one.typed != one.case.turns[-1] for one in changed)
    (metric,) = [one for one in summarise(made) if one.name == "neutral_same"]
    assert metric.count == len(changed)
    assert metric.low < metric.value
    shown, refused = clean[0].reply, replace(clean[0].reply, answered=False, refusal=DANGER)
    assert score_same(shown, shown) == RIGHT
    assert score_same(shown, refused).value == 0.0


def make_result(number: int, clean: float, damaged: float) -> list[Result]:
    case = Case(str(number), "situations", ("вопрос",), ("boss_phone",))
    reply: Any = None
    return [
        Result(case, "вопрос", reply, {"situation": Score(value)}, 0.0, damage)
        for value, damage in ((clean, ""), (damaged, "typos"))
    ]


def test_the_interval_of_a_share_never_leaves_zero_to_one() -> None:
    pairs = [make_result(number, float(number < 9), float(number != 5)) for number in range(10)]
    made = Run([one for pair in pairs for one in pair])
    assert values_of(made)["robustness:typos"] == [1.0] * 5 + [0.0] + [1.0] * 3
    made = Run([], {"proof_true": [1.0] * 11, "proof_false": [0.0] * 11})
    true, false = summarise(made)
    assert (true.value, true.high, true.low) == (1.0, 1.0, pytest.approx(0.741, abs=1e-3))
    assert (false.value, false.low, false.high) == (0.0, 0.0, pytest.approx(0.259, abs=1e-3))


def test_the_frozen_sets_are_as_they_were_frozen() -> None:
    told = (GOLD / "README.md").read_text("utf-8")
    frozen = dict(re.findall(r"`(\w+\.jsonl)` \| `([0-9a-f]{64})`", told))
    assert set(frozen) == {"danger.jsonl", "plain.jsonl", "far.jsonl"}
    for name, digest in frozen.items():
        assert hashlib.sha256((GOLD / name).read_bytes()).hexdigest() == digest
