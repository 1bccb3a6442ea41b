"""The page «Качество», through Streamlit's AppTest, with and without anything to show."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.testing.v1 import AppTest

from coach.archive.needs import HELPED, RIGHT
from coach.coaching import Coach
from coach.quality.evaluations import HISTORY, REPORT, REPORT_PAGE
from coach.settings import Settings
from tests.test_page import words_on
from ui import process
from ui.words import word

PAGE = """
from ui.quality_page import show_quality
show_quality()
"""
CHILD, UNKNOWN = "в трубке ребёнок", "какая скидка на диван"
AT = datetime(2026, 3, 9, 10, tzinfo=UTC)


@pytest.fixture
def settings(real_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    change = {
        "database_url": type(real_settings.database_url)(f"sqlite:///{tmp_path}/coach.db"),
        "reports": tmp_path / "reports",
    }
    made = real_settings.model_copy(update=change)
    monkeypatch.setattr(process, "load_settings", lambda: made)
    st.cache_resource.clear()
    st.cache_data.clear()
    return made


def open_page() -> AppTest:
    page = AppTest.from_string(PAGE, default_timeout=120).run()
    assert not page.exception
    return page


def charts_of(page: AppTest) -> list[str]:
    """Each chart's form and its data as text."""
    return [
        json.dumps(json.loads(one.proto.spec), ensure_ascii=False)
        + convert_arrow_bytes_to_pandas_df(one.proto.data.data).to_csv()
        for one in page.get("vega_lite_chart")
    ]


def keep_evaluations(folder: Path, version: str, count: int) -> None:
    """Write a history of so many runs, and the report of the last one."""
    folder.mkdir()
    metric = {"name": "situation_right", "title": "верная <b>карточка", "low": 0.91, "high": 0.995}
    lines = [
        {
            "at": (AT + timedelta(days=n)).isoformat(),
            "knowledge_version": version,
            "is_fine": n < 1,
            "metrics": [{**metric, "value": 0.973, "count": 306}],
            "situations": {"child_caller": {"right": 19, "total": 20}},
        }
        for n in range(count)
    ]
    (folder / HISTORY).write_text("\n".join(map(json.dumps, lines)) + "\n", "utf-8")
    case = {"question": CHILD, "suite": "situations", "damage": "", "scores": {}}
    report = {**lines[-1], "failed": ["ниже порога"], "cases": [case]}
    (folder / REPORT).write_text(json.dumps(report), "utf-8")
    (folder / REPORT_PAGE).write_text("<html></html>", "utf-8")


@pytest.fixture
def answers(settings: Settings, coach: Coach) -> None:
    archive = process.archive()
    name = archive.start("local")
    turns = [archive.keep(name, coach.reply([], one)) for one in (CHILD, UNKNOWN)]
    archive.signal(turns[0], HELPED)
    archive.judge(turns[0], RIGHT, "", "local", 0)


def test_without_evaluations_and_answers_the_page_says_what_to_do(settings: Settings) -> None:
    page = open_page()
    shown = words_on(page)
    for key in ("heading", "no_evaluation", "no_answers", "no_verdicts"):
        assert word(f"quality.{key}") in shown
    assert "coach eval" in shown
    assert charts_of(page) == []


def test_the_last_evaluation_stands_with_its_version_and_figures(
    settings: Settings, coach: Coach
) -> None:
    version = coach.knowledge.version
    keep_evaluations(settings.reports, version, 1)
    page = open_page()
    shown = re.sub(r"\s+", " ", words_on(page))
    assert word("quality.passed", when="09.03.2026 10:00") in shown
    assert word("quality.served", version=version) in shown
    assert "верная <b>карточка 97,3% 91% – 99,5% 306" in shown
    assert word("quality.one_evaluation") in shown
    markup = " ".join(str(one.proto.body) for one in page.get("html"))
    assert "<b>" not in markup
    situations, over_time = charts_of(page)
    assert "На линии ребёнок\n19 из 20" in situations
    assert word("quality.axis.evaluations") in over_time
    assert len(page.get("download_button")) == 3


def test_a_failed_evaluation_of_another_version_says_why(settings: Settings, coach: Coach) -> None:
    keep_evaluations(settings.reports, "v0", 2)
    shown = words_on(open_page())
    assert word("quality.failed", when="10.03.2026 10:00") in shown
    assert word("quality.not_served", version="v0", served=coach.knowledge.version) in shown
    assert "✕ ниже порога" in shown
    assert word("quality.one_evaluation") not in shown
    report = json.loads((settings.reports / REPORT).read_text("utf-8"))
    report["at"] = (AT + timedelta(days=5)).isoformat()
    (settings.reports / REPORT).write_text(json.dumps(report), "utf-8")
    shown = words_on(open_page())
    assert word("quality.other_report", when="14.03.2026 10:00") in shown
    assert "ниже порога" not in shown


@pytest.mark.usefixtures("answers")
def test_what_is_asked_is_counted_and_what_never_was_is_named(
    settings: Settings, coach: Coach
) -> None:
    page = open_page()
    shown = words_on(page)
    total = word("quality.total", count=2, shown=1, unsure=0, refused=1, danger=0)
    assert total in shown
    never = shown.split(word("quality.never_asked", titles="")[:10])[1]
    assert "Абонент говорит медленно" in never
    assert "На линии ребёнок" not in never.split(word("quality.coverage"))[0]
    coverage, days, helped, opinions, agreement = charts_of(page)
    assert "На линии ребёнок\n✓ 1" in coverage
    assert word("quality.axis.days") in days
    assert word("quality.axis.helped") in helped
    assert f"✓ {word('quality.parts.helped')}" in opinions
    assert "● 1 из 1" in agreement
    assert word("quality.no_shared") in shown


@pytest.mark.usefixtures("answers")
def test_trainers_and_evaluation_are_compared_on_the_same_question(
    settings: Settings, coach: Coach
) -> None:
    keep_evaluations(settings.reports, coach.knowledge.version, 1)
    shown = words_on(open_page())
    assert "совпали: 100%" in shown
    assert word("quality.no_kappa") in shown
    assert word("quality.same_version", count=1) in shown


@pytest.mark.usefixtures("answers")
def test_an_older_answer_is_in_a_longer_period_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = datetime.now(UTC) + timedelta(days=20)

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return later.astimezone(tz)

    monkeypatch.setattr("coach.quality.answers.datetime", Later)
    page = open_page()
    assert word("quality.no_answers") not in words_on(page)
    page.radio(key="quality-period").set_value(7).run()
    assert not page.exception
    assert word("quality.no_answers") in words_on(page)
