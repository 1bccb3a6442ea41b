"""The chat page, through Streamlit's AppTest on the real index."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from coach import build_coach
from coach.assembly import report_nothing
from coach.coaching import Coach
from coach.errors import IndexUnusableError
from coach.language.repair import READ_CHARS
from coach.settings import PROJECT_FOLDER, Settings
from coach.texts import text
from tests.language_server import serve_language
from ui import process
from ui.instruction_view import mark_quote, place_today
from ui.words import word

PAGE = str(PROJECT_FOLDER / "ui" / "app.py")


def words_on(page: AppTest) -> str:
    """Everything that the page says, without its markup."""
    markup = " ".join(str(one.proto.body) for one in page.get("html"))
    shown = html.unescape(re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]+>", " ", markup))
    codes = " ".join(one.value for one in page.code)
    labels = " ".join(one.label for one in (*page.button, *page.expander))
    return f"{shown} {codes} {labels}"


@pytest.fixture
def page(real_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(process, "load_settings", lambda: real_settings)
    process.page_settings.clear()
    opened = AppTest.from_file(PAGE, default_timeout=60).run()
    assert not opened.exception
    return opened


def ask(page: AppTest, question: str) -> AppTest:
    page.chat_input[0].set_value(question).run()
    assert not page.exception
    return page


def test_an_empty_page_invites_and_its_examples_work(page: AppTest) -> None:
    assert word("empty.heading") in words_on(page)
    (child,) = [one for one in page.button if "ребёнок" in one.label]
    child.click().run()
    assert [tab.label for tab in page.tabs] == ["Вариант 1", "Вариант 2"]
    assert "сколько Вам лет" in words_on(page)


def test_a_card_shows_phrase_steps_prohibition_and_status(page: AppTest) -> None:
    ask(page, "клиент требует телефон директора")
    assert page.code[0].value.startswith("Извините, предоставить такую информацию")
    shown = words_on(page)
    for part in ("Скажите", "Сделайте", "Нельзя", "Давать телефон", "Проверено по инструкции"):
        assert part in shown
    (why,) = [one for one in page.expander if one.label == word("card.why")]
    assert not why.proto.expanded
    assert word("card.why_questions", questions="«") in shown
    assert re.search(r"\d+ мс", shown)


def test_the_seal_is_for_cards_all_of_whose_lines_are_proven(page: AppTest) -> None:
    ask(page, "в трубке ребёнок")
    shown = words_on(page)
    assert word("status.card") in shown
    assert word("status.card_with_readings") not in shown


def test_a_trainers_reading_is_shown_as_such_and_the_seal_excepts_it(page: AppTest) -> None:
    ask(page, "клиент требует телефон директора")
    shown = words_on(page)
    assert "(формулировка тренера, Отдел обучения)" in shown
    assert word("status.card_with_readings") in shown


def test_a_card_that_does_not_answer_has_no_seal(page: AppTest) -> None:
    ask(page, "соедините с начальником")
    shown = words_on(page)
    assert text("card.not_direct_about", about="телефоне руководства") in shown
    assert word("status.not_direct") in shown
    assert word("status.card") not in shown


def test_the_line_that_answers_is_marked(page: AppTest) -> None:
    ask(page, "кому я подчиняюсь")
    marked = [str(one.proto.body) for one in page.get("html") if 'coach-answers"' in one.proto.body]
    assert len(marked) == 1
    assert "1. Ответ: Оператор подчиняется" in html.unescape(marked[0])


def test_a_very_long_message_is_answered_and_told_to_be_long(page: AppTest) -> None:
    told = word("too_long", count=READ_CHARS)
    ask(page, "в трубке ребёнок " + "а " * 50_000)
    assert told in words_on(page)
    assert "сколько Вам лет" in words_on(page)
    ask(page, "в трубке ребёнок")
    assert told not in words_on(page)


def test_a_citation_opens_the_whole_instruction_at_its_quote_and_closes(page: AppTest) -> None:
    ask(page, "клиент требует телефон директора")
    page.button(key="cite-0-boss_phone-say0-1").click().run()
    body = next(str(one.proto.body) for one in page.get("html") if "<mark" in one.proto.body)
    (quote,) = re.findall(r"<mark[^>]*>(.*?)</mark>", body, re.DOTALL)
    assert html.unescape(quote).startswith("Извините,")
    whole = html.unescape(re.sub(r"<[^>]+>", "", body))
    received = PROJECT_FOLDER / "knowledge/instruction/operator-instruction.txt"
    assert whole == received.read_bytes().decode("utf-8")
    page.button(key="close-source").click().run()
    assert not [one for one in page.get("html") if "<mark" in one.proto.body]


def test_every_quote_is_marked_where_it_stands(real_settings: Settings) -> None:
    coach = build_coach(real_settings, report=report_nothing)
    for name in coach.knowledge.situations:
        for citation in coach.reply_with("вопрос", name).citations:
            marked = mark_quote(citation, coach.knowledge)
            before, quote = re.split(r"<mark[^>]*>", marked)
            assert html.unescape(quote.split("</mark>")[0]) == citation.quote
            assert len(html.unescape(re.sub(r"<[^>]+>", "", before))) == citation.start


def test_a_quote_of_an_earlier_version_is_marked_where_it_stands_now(coach: Coach) -> None:
    (name,) = coach.knowledge.documents
    citation = coach.reply_with("вопрос", "boss_phone").citations[0]
    moved = replace(citation, start=citation.start + 40, end=citation.end + 40)
    assert place_today(moved, coach.knowledge) == citation
    assert place_today(replace(citation, quote="этого там нет"), coach.knowledge) is None
    assert place_today(replace(citation, document="другой.txt"), coach.knowledge) is None
    assert name == citation.document


def test_a_refusal_is_honest_and_its_choices_answer(page: AppTest) -> None:
    ask(page, "какую скидку дать клиенту")
    assert "супервайзера" in words_on(page)
    assert len(page.code) == 0
    choices = [one for one in page.button if str(one.key).startswith("choice-0-")]
    assert [one.label[0] for one in choices] == ["1", "2", "3"]
    choices[0].click().run()
    assert word("status.card") in words_on(page)


def test_the_conversation_is_kept_and_can_be_begun_anew(page: AppTest) -> None:
    ask(page, "клиент требует телефон директора")
    ask(page, "в трубке ребёнок")
    earlier = [one.label for one in page.expander if one.label != word("card.why")]
    assert earlier == ["клиент требует телефон директора → Требуют телефон руководства"]
    assert "Извините, предоставить" not in words_on(page)
    page.session_state["earlier-0"] = True
    assert "Извините, предоставить" in words_on(page.run())
    page.button(key="clear").click().run()
    assert word("empty.heading") in words_on(page)


def test_a_long_conversation_shows_its_last_replies_and_the_rest_on_request(page: AppTest) -> None:
    for number in range(11):
        ask(page, f"говорит медленно {number}")
    label = word("earlier_more", count=2)
    assert len([one for one in page.expander if one.label != word("card.why")]) == 8
    next(one for one in page.button if one.label == label).click().run()
    assert len([one for one in page.expander if one.label != word("card.why")]) == 10


def test_what_cannot_wait_is_asked_with_one_tap(page: AppTest, real_settings: Settings) -> None:
    labels = [one.label for one in page.button if str(one.key).startswith("quick-")]
    assert labels == ["Мне плохо", "Ребёнок", "Угрозы, оскорбления"]
    page.button(key="quick-operator_unwell").click().run()
    assert page.code[0].value == "Минуту, пожалуйста."


@pytest.mark.parametrize(
    "question",
    ["<script>alert(1)</script> ребёнок", "**жирный** ![x](http://x.test/a.png)", "а" * 50_000],
)
def test_markup_in_a_question_stays_text(page: AppTest, question: str) -> None:
    ask(page, question)
    bodies = [str(one.proto.body) for one in page.get("html")]
    (shown,) = [body for body in bodies if 'class="coach-question"' in body]
    assert html.escape(question[:40]) in shown
    assert "<script>alert" not in " ".join(bodies)
    assert len(page.markdown) == 0
    ask(page, "в трубке ребёнок")
    assert "![x]" not in page.expander[0].label


def test_a_failure_is_one_clear_line(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(settings: Settings) -> None:
        raise IndexUnusableError("Индекс открыть нельзя")

    monkeypatch.setattr(process, "shared_coach", fail)
    page.run()
    assert not page.exception
    assert "Индекс открыть нельзя" in words_on(page)

    def crash(settings: Settings) -> None:
        raise RuntimeError("секрет")

    monkeypatch.setattr(process, "shared_coach", crash)
    page.run()
    assert not page.exception
    assert word("failed") in words_on(page)
    assert "секрет" not in words_on(page)


def test_proven_advice_streams_under_the_card(
    real_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve_language(
        ["Узнайте, есть ли рядом ", "взрослый [1]. <b>Дайте приз</b> [1]."]
    ) as server:
        settings = real_settings.model_copy(
            update={
                "llm": "openai:scripted",
                "llm_base_url": server.url,
                "llm_api_key": type(real_settings.llm_api_key)("x"),
                "llm_level": "compose",
            }
        )
        monkeypatch.setattr(process, "load_settings", lambda: settings)
        process.page_settings.clear()
        page = AppTest.from_file(PAGE, default_timeout=60).run()
        ask(page, "в трубке ребёнок")
        assert "Узнайте, есть ли рядом взрослый [1]." in words_on(page)
        assert word("advice.dropped", count=1) in words_on(page)
        assert "Дайте приз" not in words_on(page)
        ask(page, "клиент требует телефон директора")
        assert len(server.requests) == 2
    process.page_settings.clear()
