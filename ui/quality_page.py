"""The page «Качество»: the evaluation, what is asked, and whether trainers agree with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import streamlit as st

from coach.archive.needs import HELPED, SHOWN, UNSURE
from coach.archive.statistics import AskedTurn
from coach.instruction.questions import NOT_ANSWERED
from coach.quality.answers import Quality, last_days, measure_quality
from coach.quality.evaluations import (
    REPORT_PAGE,
    Evaluation,
    Figure,
    Report,
    Share,
    read_history,
    read_report,
)
from coach.quality.table import as_csv, as_markdown, as_rows
from coach.signing_in import TRAINER
from coach.understanding.decision import DANGER, NOT_IN_INSTRUCTION
from ui import process
from ui.access import needs
from ui.charts import said
from ui.situation_charts import (
    Titles,
    draw_agreement,
    draw_coverage,
    draw_evaluation,
    draw_opinions,
)
from ui.time_charts import draw_days, draw_helped, draw_trend
from ui.words import as_moment, as_percent, reader_zone, show, show_table, word

PERIODS, USUAL_PERIOD, KEPT_SECONDS = (7, 30, 90), 30, 60
NO_SHARES = ("latency_ratio", "mrr")
USUAL_METRICS, MOST_METRICS = ("situation_right", "two_right", "abstention", "turns"), 5
TREND = "quality-trend"


@needs(TRAINER)
def show_quality() -> None:
    """Show the page."""
    show(word("quality.heading"), "title", "h1")
    knowledge, reports = process.current_coach().knowledge, process.page_settings().reports
    titles = {name: one.title for name, one in knowledge.situations.items()}
    titles[NOT_ANSWERED] = word("teach.none")
    history, report, zone = read_history(reports), read_report(reports), reader_zone()
    if history:
        _show_evaluation(history[-1], report, knowledge.version)
        _show_figures(history, titles)
    else:
        show(word("quality.no_evaluation"), "item")
    _heading(word("quality.asked"))
    count = st.radio(
        word("quality.period"),
        PERIODS,
        index=PERIODS.index(USUAL_PERIOD),
        format_func=lambda days: word("quality.days", count=days),
        horizontal=True,
        key="quality-period",
    )
    period = last_days(count, zone)
    turns = asked_since(period.since)
    quality = measure_quality(turns, history, report, list(knowledge.situations), period)
    _show_answers(quality, titles)
    opinions, agreement = st.columns(2, gap="large")
    with opinions:
        _show_opinions(quality, titles)
    with agreement:
        _show_agreement(quality, titles)
    _show_downloads(quality, titles, period.days[-1].isoformat())


@st.cache_data(ttl=KEPT_SECONDS, max_entries=len(PERIODS), show_spinner=False)
def asked_since(moment: datetime) -> list[AskedTurn]:
    """The archive's answers since a moment, read at most once a minute."""
    return process.archive().asked_since(moment)


def _heading(words: str) -> None:
    show(words, "label", "h2")


def _draw(chart: Any) -> None:
    st.altair_chart(chart, width="stretch")


def _show_evaluation(last: Evaluation, report: Report | None, served: str) -> None:
    """Whether the last evaluation passed, when, of which version, and its whole report."""
    _heading(word("quality.evaluation"))
    state, style = ("passed", "item") if last.is_fine else ("failed", "item coach-avoid")
    show(word(f"quality.{state}", when=as_moment(last.at)), style)
    is_served = last.version == served
    version = "quality.served" if is_served else "quality.not_served"
    show(word(version, version=last.version, served=served), "status")
    is_same = report is not None and report.at == last.at
    if report and is_same:
        for line in report.failed:
            show(f"✕ {line}", "evidence")
    path = process.page_settings().reports / REPORT_PAGE
    if path.is_file():
        st.download_button(
            word("quality.report"), path.read_bytes(), REPORT_PAGE, "text/html", on_click="ignore"
        )
        if report and not is_same:
            show(word("quality.other_report", when=as_moment(report.at)), "status")


def _show_figures(history: tuple[Evaluation, ...], titles: Titles) -> None:
    """The metrics as a table, the situations as bars, the chosen metrics over time."""
    last = history[-1]
    table, charts = st.columns(2, gap="large")
    with table:
        show(word("quality.metrics"), "label", "h3")
        heads = ("metric", "value", "interval", "count")
        show_table([word(f"quality.heads.{one}") for one in heads], map(_metric_row, last.metrics))
    with charts:
        show(word("quality.situations"), "label", "h3")
        _draw(draw_evaluation(last, titles))
        show(word("quality.trend"), "label", "h3")
        names = {one.name: one.title for one in last.metrics if one.name not in NO_SHARES}
        chosen = st.multiselect(
            word("quality.choose"),
            list(names),
            default=[one for one in USUAL_METRICS if one in names],
            format_func=lambda name: names[name],
            max_selections=MOST_METRICS,
            placeholder=word("quality.choose"),
            key=TREND,
        )
        if chosen:
            _draw(draw_trend(history, chosen))
        if len(history) == 1:
            show(word("quality.one_evaluation"), "status")


def _metric_row(one: Figure) -> tuple[str, ...]:
    if one.name in NO_SHARES:
        return one.title, f"{one.value:.2f}".replace(".", ","), "", str(one.count)
    interval = "" if one.low == one.high else f"{as_percent(one.low)} – {as_percent(one.high)}"
    return one.title, as_percent(one.value), interval, str(one.count)


def _show_answers(quality: Quality, titles: Titles) -> None:
    """What was asked in the period, by situation and by day, and what operators made of it."""
    total = sum(quality.outcomes.values())
    if not total:
        show(word("quality.no_answers"), "item")
        return
    counts = {name: quality.outcomes.get(name, 0) for name in (SHOWN, UNSURE, DANGER)}
    refused = quality.outcomes.get(NOT_IN_INSTRUCTION, 0)
    show(word("quality.total", count=total, refused=refused, **counts), "item")
    if quality.never_asked:
        names = "; ".join(titles.get(one, one) for one in quality.never_asked)
        show(word("quality.never_asked", titles=names), "item")
    coverage, others = st.columns(2, gap="large")
    with coverage:
        show(word("quality.coverage"), "label", "h3")
        show(word("quality.coverage_hint"), "status")
        _draw(draw_coverage(quality.coverage, titles))
    with others:
        show(word("quality.by_day"), "label", "h3")
        _draw(draw_days(quality.days))
        if quality.opinions:
            show(word("quality.helped_by_day"), "label", "h3")
            _draw(draw_helped(quality.days))


def _show_opinions(quality: Quality, titles: Titles) -> None:
    """What operators made of the answers, by situation."""
    _heading(word("quality.opinions"))
    if not quality.opinions:
        show(word("quality.no_opinions"), "item")
        return
    helped = sum(one.helped.right for one in quality.days)
    share = Share(helped, sum(one.helped.total for one in quality.days))
    show(word(f"quality.parts.{HELPED}").capitalize() + f": {said(share)}", "item")
    _draw(draw_opinions(quality.opinions, titles))


def _show_agreement(quality: Quality, titles: Titles) -> None:
    """The trainers' verdicts beside the evaluation: by situation, and on the same questions."""
    _heading(word("quality.agreement"))
    if not quality.agreement:
        show(word("quality.no_verdicts"), "item")
        return
    show(word("quality.agreement_hint"), "status")
    _draw(draw_agreement(quality.agreement, titles))
    shared = quality.shared
    if not shared.agreed.total:
        show(word("quality.no_shared"), "item")
        return
    show(word("quality.shared", share=said(shared.agreed)), "item")
    if shared.kappa is None:
        show(word("quality.no_kappa"), "item")
    else:
        kappa = f"{shared.kappa:.2f}".replace(".", ",").replace("-", "−")
        show(word("quality.kappa", kappa=kappa, count=shared.agreed.total), "item")
    show(word("quality.same_version", count=shared.same_version), "status")


def _show_downloads(quality: Quality, titles: Titles, day: str) -> None:
    rows = as_rows(quality, titles, st.session_state.get(TREND, ()))
    _heading(word("quality.downloads"))
    with st.container(horizontal=True):
        for name, made, kind in (
            ("csv", as_csv(rows), "text/csv"),
            ("md", as_markdown(rows).encode("utf-8"), "text/markdown"),
        ):
            file = f"coach-quality-{day}.{name}"
            st.download_button(word(f"quality.{name}"), made, file, kind, on_click="ignore")
