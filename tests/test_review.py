"""The trainer's page and the operator's opinion, through Streamlit's AppTest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from sqlalchemy import text as sql
from streamlit.runtime.state import SessionStateProxy
from streamlit.testing.v1 import AppTest

from coach.archive.archive import Archive
from coach.archive.needs import COPIED
from coach.errors import ArchiveError
from coach.settings import Settings
from coach.taught import TAUGHT
from coach.texts import text
from tests.test_page import PAGE, ask, words_on
from ui import process
from ui.words import word

REVIEW = """
import sys
from ui import process
from ui.review_page import show_review
show_review()
"""

BOTH = """
import streamlit as st
from ui.chat_page import show_chat
from ui.review_page import show_review
(show_review if st.session_state.get("reviewing") else show_chat)()
"""


@pytest.fixture
def chat(desk_settings: Settings) -> AppTest:
    return AppTest.from_file(PAGE, default_timeout=60).run()


def open_review() -> AppTest:
    page = AppTest.from_string(REVIEW, default_timeout=120).run()
    assert not page.exception
    return page


def press(page: AppTest, label: str) -> AppTest:
    (button,) = [one for one in page.button if one.label == label]
    button.click().run()
    assert not page.exception
    return page


def test_an_opinion_reaches_the_trainers_queue(chat: AppTest) -> None:
    ask(chat, "дайте телефон директора")
    press(chat, word("feedback.not_helped"))
    assert word("feedback.thanks") in words_on(chat)
    review = open_review()
    assert "дайте телефон директора" in words_on(review)
    assert word("feedback.not_helped") in words_on(review)


@pytest.mark.parametrize(
    "question", ["какая скидка на диван", "говорит что сейчас прыгнет с крыши"]
)
def test_a_question_back_and_a_danger_are_judged_by_the_operator_too(
    chat: AppTest, question: str
) -> None:
    ask(chat, question)
    assert len(chat.code) == 0
    press(chat, word("feedback.not_helped"))
    (kept,) = process.archive().queue(5)
    assert (kept.reply.answered, kept.signals) == (False, ("not_helped",))


def test_small_talk_asks_for_no_opinion(chat: AppTest) -> None:
    ask(chat, "привет")
    assert word("feedback.helped") not in words_on(chat)


def test_the_wrong_situation_asks_for_the_right_one(chat: AppTest) -> None:
    ask(chat, "дайте телефон директора")
    press(chat, word("feedback.wrong_situation"))
    (pick,) = [one for one in chat.selectbox if one.label == word("feedback.pick")]
    pick.set_value("Абонент говорит медленно").run()
    assert not chat.exception
    (kept,) = process.archive().queue(5)
    assert kept.situation == "slow_speaker"
    review = open_review()
    assert word("review.operator_says", title="Абонент говорит медленно") in words_on(review)


def test_a_conversation_survives_a_reload(chat: AppTest) -> None:
    ask(chat, "дайте телефон директора")
    ask(chat, "говорит медленно")
    again = AppTest.from_file(PAGE, default_timeout=60)
    again.query_params["c"] = chat.query_params["c"]
    again.run()
    assert not again.exception
    shown = words_on(again)
    assert "Абонент говорит медленно" in shown
    assert "дайте телефон директора" in shown
    strange = AppTest.from_file(PAGE, default_timeout=60)
    strange.query_params["c"] = "nonsense"
    assert word("empty.heading") in words_on(strange.run())


def test_opinions_after_a_reload_are_on_the_answer_that_was_kept(chat: AppTest) -> None:
    ask(chat, "дайте телефон директора")
    again = AppTest.from_file(PAGE, default_timeout=60)
    again.query_params["c"] = chat.query_params["c"]
    press(again.run(), word("feedback.helped"))
    (kept,) = process.archive().queue(5)
    assert kept.signals == ("helped",)


def test_two_tabs_on_one_conversation_keep_each_their_answer(chat: AppTest) -> None:
    ask(chat, "дайте телефон директора")
    other = AppTest.from_file(PAGE, default_timeout=60)
    other.query_params["c"] = chat.query_params["c"]
    ask(other.run(), "говорит медленно")
    ask(chat, "кричит матом")
    press(chat, word("feedback.not_helped"))
    kept = {one.reply.question: one.signals for one in process.archive().queue(5)}
    assert kept == {
        "дайте телефон директора": (),
        "говорит медленно": (),
        "кричит матом": ("not_helped",),
    }


def test_a_tab_whose_conversation_was_deleted_goes_on_with_a_new_one(chat: AppTest) -> None:
    ask(chat, "дайте телефон директора")
    gone = chat.query_params["c"]
    process.archive().forget("local")
    ask(chat, "говорит медленно")
    assert text("archive.gone") in words_on(chat)
    assert "дайте телефон директора" in words_on(chat)
    assert chat.query_params["c"] != gone
    press(chat, word("feedback.not_helped"))
    assert text("archive.gone") not in words_on(chat)
    ask(chat, "кричит матом")
    kept = {one.reply.question: one.signals for one in process.archive().queue(5)}
    assert kept == {"говорит медленно": ("not_helped",), "кричит матом": ()}
    (person,) = process.archive().operators()
    assert person.conversations == 1


def test_an_opinion_on_a_deleted_answer_is_kept_with_the_answer(chat: AppTest) -> None:
    ask(chat, "дайте телефон директора")
    process.archive().forget("local")
    other = process.archive().start("other")  # its answer is given the number of the deleted one
    process.archive().keep(other, process.current_coach().reply([], "говорит медленно"))
    press(chat, word("feedback.wrong_situation"))
    assert text("archive.gone") in words_on(chat)
    assert word("feedback.thanks") in words_on(chat)
    kept = {one.reply.question: one.signals for one in process.archive().queue(5)}
    assert kept == {"дайте телефон директора": ("wrong_situation",), "говорит медленно": ()}


def test_a_new_conversation_forgets_what_was_said_of_the_old_one(chat: AppTest) -> None:
    ask(chat, "дайте телефон директора")
    press(chat, word("feedback.not_helped"))
    press(chat, word("clear"))
    assert "c" not in chat.query_params
    ask(chat, "говорит медленно")
    assert word("feedback.thanks") not in words_on(chat)
    assert [one.signals for one in process.archive().queue(5)] == [("not_helped",), ()]


def test_the_card_is_drawn_before_it_is_kept(
    chat: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ui import chat_page

    order: list[str] = []
    draw, keep = chat_page.show_reply, Archive.keep

    def drawing(*given: Any) -> None:
        draw(*given)
        order.append("drawn")

    def keeping(*given: Any) -> int:
        order.append("kept")
        return keep(*given)

    monkeypatch.setattr(chat_page, "show_reply", drawing)
    monkeypatch.setattr(Archive, "keep", keeping)
    ask(chat, "дайте телефон директора")
    assert order == ["drawn", "kept"]


def test_only_an_operators_own_look_at_a_source_is_a_signal(desk_settings: Settings) -> None:
    page = AppTest.from_string(BOTH, default_timeout=60).run()
    ask(page, "дайте телефон директора")
    page.session_state["reviewing"] = True
    press(page.run(), word("card.cite", number=1))
    (kept,) = process.archive().queue(5)
    assert kept.signals == ()
    page.session_state["reviewing"] = False
    press(page.run(), word("card.cite", number=1))
    (kept,) = process.archive().queue(5)
    assert kept.signals == ("opened",)


def test_a_copied_phrase_is_a_silent_signal_that_counts_once(chat: AppTest) -> None:
    ask(chat, "дайте телефон директора")
    (kept,) = process.archive().queue(5)
    for _ in range(2):
        process.archive().signal(kept.id, COPIED)
    (kept,) = process.archive().queue(5)
    assert kept.signals == (COPIED,)
    assert word("feedback.copied") in words_on(open_review())


def test_filters_narrow_the_queue(chat: AppTest) -> None:
    for question in ("дайте телефон директора", "какая скидка на диван", "говорит медленно"):
        ask(chat, question)
    press(chat, word("feedback.wrong_situation"))
    review = open_review()
    listed = [one for one in review.button if str(one.key).startswith("queue-")]
    assert "говорит медленно" in listed[0].label
    assert len(listed) == 3
    shown = {}
    for kind in ("unsure", "wrong_situation", "stale"):
        review.selectbox(key="review-kind").set_value(kind).run()
        shown[kind] = [o.label for o in review.button if str(o.key).startswith("queue-")]
    assert "скидка" in shown["unsure"][0]
    assert "медленно" in shown["wrong_situation"][0]
    assert [len(labels) for labels in shown.values()] == [1, 1, 0]
    review.selectbox(key="review-kind").set_value("all").run()
    review.selectbox(key="review-situation").set_value("boss_phone").run()
    labels = [o.label for o in review.button if str(o.key).startswith("queue-")]
    assert all("медленно" not in label for label in labels)


def test_refusals_of_one_kind_stand_together_and_open_in_the_queue(chat: AppTest) -> None:
    for question in ("какая скидка на диван", "скидка на диван какая будет", "диван скидка какая"):
        ask(chat, question)
    review = open_review()
    review.radio(key="review-view").set_value("kinds").run()
    assert word("review.kind", count=3) in words_on(review)
    (one,) = [o for o in review.button if o.label == "какая скидка на диван"]
    one.click().run()
    assert not review.exception
    assert review.radio(key="review-view").value == "queue"
    assert word("card.question", question="какая скидка на диван") in words_on(review)


def test_an_empty_queue_says_so(desk_settings: Settings) -> None:
    assert word("review.empty") in words_on(open_review())


def test_a_verdict_takes_the_answer_out_of_the_queue(chat: AppTest) -> None:
    ask(chat, "дайте телефон директора")
    review = open_review()
    press(review, word("review.right"))
    assert word("review.empty") in words_on(review)
    (kept,) = process.archive().queue(5, judged=True)
    assert (kept.verdict, kept.trainer) == ("right", "local")


def test_what_was_judged_wrong_stays_to_be_taught_until_the_next_is_asked_for(
    chat: AppTest,
) -> None:
    for question in ("дайте телефон директора", "говорит медленно"):
        ask(chat, question)
    review = open_review()
    press(review, word("review.critical"))
    shown = words_on(review)
    assert word("review.count", count=1) in shown
    assert word("card.question", question="говорит медленно") in shown
    assert word("review.judged_by", trainer="local", verdict=word("review.critical")) in shown
    press(review, word("review.next"))
    assert word("card.question", question="дайте телефон директора") in words_on(review)


def test_a_note_waits_while_another_answer_is_looked_at(chat: AppTest) -> None:
    for question in ("дайте телефон директора", "говорит медленно"):
        ask(chat, question)
    review = open_review()
    (note,) = [one for one in review.text_input if one.label == word("review.note")]
    note.set_value("сказала номер").run()
    press(review, word("review.next"))
    press(review, word("review.previous"))
    (note,) = [one for one in review.text_input if one.label == word("review.note")]
    assert note.value == "сказала номер"


def test_a_note_typed_right_before_another_answer_is_opened_waits(chat: AppTest) -> None:
    for question in ("дайте телефон директора", "говорит медленно"):
        ask(chat, question)
    review = open_review()
    (note,) = [one for one in review.text_input if one.label == word("review.note")]
    note.set_value("сказала номер")  # sent together with the key
    press(review, word("review.next"))
    press(review, word("review.previous"))
    press(review, word("review.critical"))
    (kept,) = process.archive().queue(5, judged=True)
    assert kept.note == "сказала номер"


def test_a_damaged_answer_is_told_in_a_line_and_the_others_are_shown(chat: AppTest) -> None:
    for question in ("дайте телефон директора", "говорит медленно"):
        ask(chat, question)
    damaged = process.archive().queue(5)[0].id
    with process.archive().session() as session:
        session.execute(sql("update turns set reply = '{' where id = :id"), {"id": damaged})
    review = open_review()
    assert word("review.unreadable", count=1, numbers=damaged) in words_on(review)
    assert word("review.count", count=1) in words_on(review)
    assert word("card.question", question="дайте телефон директора") in words_on(review)


def test_an_answer_deleted_while_it_is_taught_gives_way_to_the_next(chat: AppTest) -> None:
    ask(chat, "дайте телефон директора")
    review = open_review()
    press(review, word("review.critical"))
    process.archive().forget("local")
    other = process.archive().start("other")
    process.archive().keep(other, process.current_coach().reply([], "какая скидка"))
    review.run()
    assert word("card.question", question="какая скидка") in words_on(review)


def test_an_empty_filter_says_how_many_wait(chat: AppTest) -> None:
    ask(chat, "дайте телефон директора")
    review = open_review()
    review.text_input(key="review-search").set_value("такого нет").run()
    assert word("review.filtered", count=1) in words_on(review)


def test_a_second_trainers_late_verdict_is_told_and_lost_to_nobody(chat: AppTest) -> None:
    ask(chat, "дайте телефон директора")
    first, second = open_review(), open_review()
    press(first, word("review.right"))
    press(second, word("review.critical"))
    assert "уже оценил" in words_on(second)
    (kept,) = process.archive().queue(5, judged=True)
    assert kept.verdict == "right"


def test_teach_see_the_effect_publish_ask_again_undo(
    chat: AppTest, desk_settings: Settings
) -> None:
    question = "внучок лепечет без умолку"
    ask(chat, question)
    review = open_review()
    (pick,) = [one for one in review.selectbox if one.label == word("teach.pick")]
    pick.set_value("child_caller").run()
    press(review, word("teach.foresee"))
    assert word("teach.after", outcome="На линии ребёнок") in words_on(review)
    assert "Золотой набор: верно" in words_on(review)
    review.checkbox(key="teach-gold").check().run()
    press(review, word("teach.publish"))
    assert "Опубликовано" in words_on(review)
    assert question in (desk_settings.gold / TAUGHT).read_text("utf-8")
    ask(chat, question)
    assert "сколько Вам лет" in words_on(chat)
    press(review, word("teach.undo"))
    assert "Отменено" in words_on(review)
    assert (desk_settings.gold / TAUGHT).read_text("utf-8") == ""
    (lesson,) = process.history().lessons(5)
    assert lesson.is_undone


def test_a_second_trainer_is_told_what_the_first_published(
    chat: AppTest, desk_settings: Settings
) -> None:
    ask(chat, "внучок лепечет без умолку")
    first, second = open_review(), open_review()
    for review, situation in ((first, "child_caller"), (second, "slow_speaker")):
        (pick,) = [one for one in review.selectbox if one.label == word("teach.pick")]
        pick.set_value(situation).run()
        press(review, word("teach.foresee"))
    press(first, word("teach.publish"))
    press(second, word("teach.publish"))
    told = words_on(second)
    assert "Знания тем временем изменились" in told
    assert "local: «внучок лепечет без умолку» → На линии ребёнок" in told
    bank = (desk_settings.knowledge / "questions/slow_speaker.txt").read_text("utf-8")
    assert "внучок" not in bank


def test_a_choice_of_a_refused_answer_proposes_its_situation(chat: AppTest) -> None:
    ask(chat, "какая скидка на диван")
    review = open_review()
    (choice,) = [one for one in review.button if one.label.endswith("На линии ребёнок")]
    choice.click().run()
    assert not review.exception
    (pick,) = [one for one in review.selectbox if one.label == word("teach.pick")]
    assert pick.value == "child_caller"


def test_a_broken_archive_never_takes_the_card_away(
    chat: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ArchiveError("база молчит")

    monkeypatch.setattr(Archive, "keep", fail)
    ask(chat, "дайте телефон директора")
    assert "Извините" in chat.code[0].value
    assert "база молчит" in words_on(chat)


def test_answers_that_waited_for_the_archive_are_kept_in_their_order(
    chat: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, faults = Archive.keep, [ArchiveError("база молчит")] * 2

    def fail_twice(*given: Any) -> int:
        if faults:
            raise faults.pop()
        return keep(*given)

    monkeypatch.setattr(Archive, "keep", fail_twice)
    asked = ["дайте телефон директора", "в трубке ребёнок"]
    for question in asked:
        ask(chat, question)
    assert process.archive().queue(5) == []
    assert "база молчит" in words_on(chat)
    press(chat, word("feedback.not_helped"))
    name = "".join(chat.query_params["c"])
    kept = process.archive().conversation(name, "local")
    assert [one.question for one in kept.values()] == asked
    assert [one.reply.question for one in process.archive().queue(5) if one.signals] == asked[1:]


def test_an_answer_is_kept_once_where_the_next_question_ends_the_run(
    chat: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = Archive.keep

    def end_run(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as ending:

        def keep_and_end(*given: Any) -> int:
            found = keep(*given)
            for name in ("__getitem__", "__setitem__"):  # Streamlit ends a run where it is touched
                ending.setattr(SessionStateProxy, name, end_run)
            return found

        ending.setattr(Archive, "keep", keep_and_end)
        chat.chat_input[0].set_value("дайте телефон директора").run()
    ask(chat, "в трубке ребёнок")
    assert process.archive().queue_length() == 2


def test_an_opinion_that_is_not_kept_is_not_thanked_for(
    chat: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ArchiveError("база молчит")

    ask(chat, "дайте телефон директора")
    monkeypatch.setattr(Archive, "signal", fail)
    press(chat, word("feedback.not_helped"))
    assert word("feedback.thanks") not in words_on(chat)
    assert "база молчит" in words_on(chat)


def test_without_a_database_the_operator_has_the_card_and_the_trainer_a_clear_line(
    desk_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    url = type(desk_settings.database_url)(f"sqlite:///{tmp_path}/file/coach.db")
    broken = desk_settings.model_copy(update={"database_url": url})
    monkeypatch.setattr(process, "load_settings", lambda: broken)
    st.cache_resource.clear()
    chat = ask(AppTest.from_file(PAGE, default_timeout=60).run(), "дайте телефон директора")
    assert "Извините" in chat.code[0].value
    assert "COACH_DATABASE_URL" in words_on(chat)
    opened = AppTest.from_string(REVIEW, default_timeout=60).run()
    assert "COACH_DATABASE_URL" in opened.exception[0].message  # the app tells it in a line


def test_what_operators_typed_is_inert_for_trainers(chat: AppTest) -> None:
    ask(chat, "<script>alert(1)</script> [x](http://a) дайте телефон директора")
    review = open_review()
    markup = " ".join(str(one.proto.body) for one in review.get("html"))
    assert "<script>alert" not in markup
    assert "&lt;script&gt;" in markup
