"""Quality: the figures of an archive and of the evaluation's reports, counted by hand."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from scipy.stats import binomtest
from sqlalchemy import update
from sqlalchemy.orm import Session

from coach.answering.reply import Reply
from coach.archive.archive import Archive
from coach.archive.needs import CRITICAL, FALSE, HELPED, NOT_HELPED, OPENED, OPINIONS, RIGHT, WRONG
from coach.archive.statistics import AskedTurn
from coach.archive.tables import TurnRow
from coach.coaching import Coach
from coach.quality.answers import (
    Coverage,
    Day,
    SituationAgreement,
    compare_questions,
    last_days,
    measure_quality,
)
from coach.quality.evaluations import (
    HISTORY,
    REPORT,
    Evaluation,
    Figure,
    Report,
    Share,
    read_history,
    read_report,
    trend,
)
from coach.quality.table import Row, as_csv, as_markdown, as_rows

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
CHILD, BOSS, REFUSED = "в трубке ребёнок", "дайте телефон директора", "какая скидка на диван"
TITLES = {"child_caller": "Ребёнок", "boss_phone": "Директор | телефон"}
LINE = {
    "at": "2026-03-09T10:00:00+00:00",
    "knowledge_version": "v1",
    "is_fine": True,
    "metrics": [
        {"name": "turns", "title": "ходы", "value": 0.9, "low": 0.8, "high": 1.0, "count": 20}
    ],
    "situations": {"child_caller": {"right": 9, "total": 10}, "none": {"right": 3, "total": 4}},
}


def keep(archive: Archive, reply: Reply, at: datetime = NOON) -> int:
    """Keep a reply in a conversation of its own, as if asked at that moment."""
    turn = archive.keep(archive.start("operator"), reply)
    with Session(archive._engine) as session, session.begin():
        session.execute(update(TurnRow).where(TurnRow.id == turn).values(asked_at=at))
    return turn


def evaluation(at: datetime, value: float = 0.9) -> Evaluation:
    return Evaluation(
        at,
        "v1",
        True,
        (Figure("turns", "ходы", value, 0.8, 1.0, 20),),
        {"child_caller": Share(9, 10), "none": Share(3, 4)},
    )


def judged(question: str, verdict: str, version: str = "v1") -> AskedTurn:
    return AskedTurn(NOON, "shown", ("child_caller",), version, "", verdict, question)


@pytest.fixture
def filled(archive: Archive, coach: Coach) -> Archive:
    """Seven questions of two days, one small talk, and one question of long ago."""
    child, boss, refused = (coach.reply([], one) for one in (CHILD, BOSS, REFUSED))
    assert [one.id for one in (*child.situations, *boss.situations)] == list(TITLES)
    assert refused.refusal == "not_in_instruction"
    unsure = replace(child, answered=False, choices=refused.choices)
    both = replace(child, situations=(*child.situations, *boss.situations))
    turns = [keep(archive, one) for one in (child, child, both, unsure, boss)]
    yesterday = keep(archive, refused, NOON - timedelta(days=1))
    keep(archive, coach.reply([], "спасибо"))
    keep(archive, child, NOON - timedelta(days=40))
    archive.signal(turns[0], HELPED)
    archive.signal(turns[1], HELPED)
    archive.signal(turns[1], NOT_HELPED)
    archive.signal(turns[1], OPENED)
    archive.signal(turns[4], WRONG, "child_caller")
    archive.signal(yesterday, HELPED)
    archive.judge(turns[0], RIGHT, "", "trainer", 0)
    archive.judge(turns[1], CRITICAL, "", "trainer", 0)
    archive.judge(yesterday, FALSE, "", "trainer", 0)
    return archive


def test_the_archive_tells_what_was_asked_in_few_words(filled: Archive, coach: Coach) -> None:
    version = coach.knowledge.version
    found = filled.asked_since(NOON - timedelta(days=2))
    assert len(found) == 7
    assert found[1] == AskedTurn(
        NOON, "shown", ("child_caller",), version, NOT_HELPED, CRITICAL, CHILD
    )
    assert found[2].situations == ("child_caller", "boss_phone")
    assert (found[3].outcome, found[3].situations) == ("unsure", ("child_caller",))
    assert found[4] == AskedTurn(NOON, "shown", ("boss_phone",), version, WRONG, "", "")
    refused = coach.reply([], REFUSED)
    assert found[5].situations == (refused.choices[0].id,)


def test_a_moment_of_another_zone_is_the_same_moment(filled: Archive) -> None:
    far = timezone(timedelta(hours=10))
    after = (NOON - timedelta(minutes=1)).astimezone(far)
    assert len(filled.asked_since(after)) == 6
    assert filled.asked_since((NOON + timedelta(minutes=1)).astimezone(far)) == []


def test_the_figures_are_what_a_hand_counts(filled: Archive, coach: Coach) -> None:
    period = last_days(2, now=NOON)
    turns = filled.asked_since(period.since)
    nearest = coach.reply([], REFUSED).choices[0].id
    quality = measure_quality(turns, [evaluation(NOON)], None, [*TITLES, "slow_speaker"], period)
    assert quality.outcomes == {"shown": 4, "unsure": 1, "not_in_instruction": 1}
    child, boss = quality.coverage[:2]
    assert child == Coverage("child_caller", 3, 1, int(nearest == "child_caller"))
    assert boss == Coverage("boss_phone", 2, 0, int(nearest == "boss_phone"))
    assert child.asked == 4
    assert "slow_speaker" in quality.never_asked
    assert set(TITLES).isdisjoint(quality.never_asked)
    none = dict.fromkeys(OPINIONS, 0)
    assert quality.opinions == {
        "child_caller": none | {HELPED: 1, NOT_HELPED: 1},
        "boss_phone": none | {WRONG: 1},
        "none": none | {HELPED: 1},
    }
    assert quality.days == (
        Day(date(2026, 3, 9), 1, 1, Share(1, 1)),
        Day(date(2026, 3, 10), 5, 0, Share(1, 3)),
    )
    assert quality.agreement == (
        SituationAgreement("child_caller", Share(1, 2), Share(9, 10)),
        SituationAgreement("none", Share(0, 1), Share(3, 4)),
    )
    assert quality.shared.agreed.total == 0
    assert quality.shared.kappa is None


def test_days_are_those_of_the_clock_of_whoever_looks() -> None:
    far = timezone(timedelta(hours=10))
    late = datetime(2026, 3, 10, 20, tzinfo=UTC)
    period = last_days(2, far, late)
    assert period.days == (date(2026, 3, 10), date(2026, 3, 11))
    assert period.since == datetime(2026, 3, 9, 14, tzinfo=UTC)
    turn = replace(judged(CHILD, RIGHT), asked_at=late)
    assert [one.asked for one in measure_quality([turn], [], None, [], period).days] == [0, 1]


def test_agreement_on_the_same_questions_is_what_a_hand_counts() -> None:
    cases = {"первый": True, "второй ещё": True, "третий": False, "четвертый": False}
    report = Report(NOON, "v1", (), {name.replace("ё", "е"): one for name, one in cases.items()})
    turns = [
        judged("Первый", RIGHT),
        judged(" второй  ЕЩЁ", RIGHT),
        judged("третий", CRITICAL, "v0"),
        judged("четвёртый", RIGHT),
        judged("пятый", RIGHT),
    ]
    shared = compare_questions(turns, report)
    assert shared.agreed == Share(3, 4)
    assert shared.same_version == 3
    # observed 3/4; by chance 3/4 · 2/4 + 1/4 · 2/4 = 1/2; kappa = (3/4 - 1/2) / (1 - 1/2)
    assert shared.kappa == pytest.approx(0.5)
    assert compare_questions(turns[:2], report).kappa is None
    assert compare_questions(turns, None).agreed == Share(0, 0)


def test_a_share_has_the_interval_of_wilson() -> None:
    low, high = Share(8, 10).interval
    assert (low, high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))
    assert (Share(0, 0).value, Share(0, 0).interval) == (0.0, (0.0, 1.0))
    assert Share(11, 11).interval == (pytest.approx(0.7412, abs=1e-4), 1.0)
    for right, total in ((0, 5), (1, 3), (297, 300), (300, 300)):
        wanted = binomtest(right, total).proportion_ci(method="wilson")
        assert Share(right, total).interval == pytest.approx((wanted.low, wanted.high))


def test_a_damaged_history_gives_what_is_whole_in_it(tmp_path: Path) -> None:
    later = LINE | {"at": "2026-03-10T10:00:00", "knowledge_version": "v2"}
    nan = LINE | {"metrics": [{**LINE["metrics"][0], "value": float("nan")}]}  # type: ignore[index,dict-item]
    many = LINE | {"situations": {"child_caller": {"right": 11, "total": 10}}}
    bad = [
        "",
        "{нет",
        "[1]",
        "null",
        json.dumps({"at": "вчера"}),
        json.dumps(nan),
        json.dumps(many),
    ]
    half = json.dumps(LINE)[:-20]
    lines = [json.dumps(later), *bad, half, json.dumps(LINE, ensure_ascii=False)]
    (tmp_path / HISTORY).write_bytes("\n".join(lines).encode() + b"\n\xff\xfe\n")
    found = read_history(tmp_path)
    assert [one.version for one in found] == ["v1", "v2"]
    assert found[0] == evaluation(datetime(2026, 3, 9, 10, tzinfo=UTC))
    assert [(at.day, one.value) for at, one in trend(found, "turns")] == [(9, 0.9), (10, 0.9)]
    assert trend(found, "strange") == []
    assert read_history(tmp_path / "nowhere") == ()


def test_a_report_gives_each_question_that_stands_alone(tmp_path: Path) -> None:
    def case(question: str, value: float, suite: str = "situations", damage: str = "") -> object:
        scores = {"situation": {"value": value}, "language": {"value": 1.0}}
        return {"question": question, "suite": suite, "damage": damage, "scores": scores}

    cases = [
        case("Ещё  раз", 1.0),
        case("плохо", 0.0),
        case("а если", 1.0, "conversations"),
        case("напечатано", 1.0, damage="typos"),
        case("ещё раз", 0.0, "hostile"),
    ]
    row = {"at": LINE["at"], "knowledge_version": "v1", "failed": ["строка"], "cases": cases}
    (tmp_path / REPORT).write_text(json.dumps(row), "utf-8")
    report = read_report(tmp_path)
    assert report is not None
    assert report.is_right == {"еще раз": False, "плохо": False}
    assert report.failed == ("строка",)
    (tmp_path / REPORT).write_text(json.dumps(row)[:-9], "utf-8")
    assert read_report(tmp_path) is None


def read_csv(table: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_a_russian_spreadsheet_opens_the_table_as_it_is() -> None:
    table = as_csv([Row("metrics", "доля", "value", 0.25, 3, -0.5, 1234.5)])
    assert table.startswith(b"\xef\xbb\xbf")
    assert table.decode("utf-8-sig").splitlines()[1] == "metrics;доля;value;0,25;3;-0,5;1234,5"
    assert "| доля | значение | 0,25 | 3 | -0,5 | 1234,5 |" in as_markdown(
        [Row("metrics", "доля", "value", 0.25, 3, -0.5, 1234.5)]
    )


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_no_name_is_taken_for_a_formula(sign: str) -> None:
    name = f"{sign}cmd|' /c calc'!A1"
    (read,) = read_csv(as_csv([Row("metrics", name, "value", -0.5, 1)]))
    assert read["name"] == f"'{name}"
    assert read["value"] == "-0,5"


def test_the_table_comes_back_from_csv_and_from_markdown() -> None:
    period = last_days(1, now=NOON)
    report = Report(NOON, "v1", (), {"раз": True, "два": False})
    turns = [judged("раз", RIGHT), replace(judged("два", FALSE), opinion=HELPED)]
    history = [evaluation(NOON - timedelta(days=1), 0.5), evaluation(NOON)]
    quality = measure_quality(turns, history, report, list(TITLES), period)
    rows = as_rows(quality, TITLES, ["turns"])
    assert Row("trend", "ходы", "2026-03-09T12:00:00+00:00", 0.5, 20, 0.8, 1.0) in rows
    assert Row("coverage", "Ребёнок", "shown", 2, 2) in rows
    assert Row("coverage", "Директор | телефон", "shown", 0, 0) in rows
    assert Row("shared", "", "kappa", 1.0, 2) in rows
    again = read_csv(as_csv(rows))
    assert list(again[0]) == ["section", "name", "measure", "value", "count", "low", "high"]
    for row, read in zip(rows, again, strict=True):
        wanted = asdict(row)
        for name in ("value", "count", "low", "high"):
            shown, value = read[name], wanted[name]
            assert (float(shown.replace(",", ".")) if shown else None) == pytest.approx(
                value, abs=1e-4
            )
        assert [read[name] for name in ("section", "name", "measure")] == [
            row.section,
            row.name,
            row.measure,
        ]
    page = as_markdown(rows)
    assert page.count("\n## ") == len({row.section for row in rows})
    body = [line for line in page.splitlines() if line.startswith("| ")]
    assert len(body) == len(rows) + 2 * page.count("\n## ")
    assert "| Директор \\| телефон | показана карточка | 0 | 0 |  |  |" in body
    assert all(line.replace("\\|", "").count("|") == 7 for line in body)


def test_without_anything_there_is_an_honest_nothing() -> None:
    quality = measure_quality([], [], None, list(TITLES), last_days(1, now=NOON))
    assert quality.last is None
    assert quality.never_asked == tuple(TITLES)
    assert quality.agreement == ()
    assert {row.section for row in as_rows(quality, TITLES, ["turns"])} == {"coverage", "days"}
