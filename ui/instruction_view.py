"""The whole instruction beside the answer, scrolled to the highlighted quote."""

from __future__ import annotations

import html
from dataclasses import replace
from itertools import pairwise

import streamlit as st

from coach.answering.reply import Citation
from coach.instruction.documents import Passage
from coach.instruction.knowledge import Knowledge
from ui.sources import close_source
from ui.words import show, word

HEIGHT_PIXELS = 560
SCROLL = """
<script>
(() => {{
  /* opened as {mark} */
  const scroll = () => {{
    const mark = document.querySelector(".coach-instruction mark");
    if (!mark) return;
    let box = mark.parentElement;
    while (box && box.scrollHeight <= box.clientHeight + 1) box = box.parentElement;
    const isNarrow = window.innerWidth < 640 || !box;
    if ({pull} && isNarrow) mark.scrollIntoView({{ block: "center" }});
    if (box) box.scrollTop += mark.getBoundingClientRect().top
      - box.getBoundingClientRect().top - box.clientHeight / 3;
  }};
  setTimeout(scroll, 60); setTimeout(scroll, 400);
}})();
</script>
"""


def show_instruction(citation: Citation, knowledge: Knowledge, page: str = "") -> None:
    """Show the document of a citation with its passage tinted and its quote marked.

    `page` is where it was opened and can be closed. A quote of an earlier version is marked where
    it stands now, or told to be gone.
    """
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        show(word("source.heading", document=citation.document), "label", "h2")
        if page:
            st.button(word("source.close"), key="close-source", on_click=close_source, args=(page,))
    show(word("source.section", section=citation.section), "question")
    here = place_today(citation, knowledge)
    if here is None:
        show(word("stale.quote_gone"), "item coach-conflict")
        show(citation.quote, "item")
        return
    with st.container(height=HEIGHT_PIXELS, border=True, key="instruction"):
        st.html(f'<div class="coach-instruction">{mark_quote(here, knowledge)}</div>')
    pull = "true" if page else "false"  # what nobody opened does not move the page
    scroll = SCROLL.format(mark=f"{here.start}-{here.end}", pull=pull)
    st.html(scroll, unsafe_allow_javascript=True)


def show_situations(knowledge: Knowledge, situation: str) -> None:
    """Show the documents with every situation's passages tinted and the chosen one's marked.

    Without a chosen one all documents are shown, and nothing is marked.
    """
    passages = [one for one in knowledge.passages if situation in ("", one.situation_id)]
    for name in dict.fromkeys(one.document for one in passages):
        show(word("source.heading", document=name), "label", "h2")
        with st.container(height=HEIGHT_PIXELS + 200, border=True, key=f"situations-{name}"):
            marked = mark_situations(name, knowledge, situation)
            st.html(f'<div class="coach-instruction">{marked}</div>')
    st.html(SCROLL.format(mark=situation, pull="false"), unsafe_allow_javascript=True)


def mark_situations(document: str, knowledge: Knowledge, situation: str) -> str:
    """Return a document as HTML, its text escaped: all passages tinted, one situation's marked."""
    text = knowledge.documents[document].text
    passages = [one for one in knowledge.passages if one.document == document]
    edges = sorted({0, len(text), *(o.start for o in passages), *(o.end for o in passages)})
    found = (
        (text[start:end], start, [one for one in passages if one.start <= start < one.end])
        for start, end in pairwise(edges)
    )
    return "".join(_tint(*one, knowledge, situation) for one in found)


def _tint(
    part: str, start: int, around: list[Passage], knowledge: Knowledge, situation: str
) -> str:
    """A part of the document inside these passages; the names of those that begin here go first."""
    if not around:
        return html.escape(part)
    begun = dict.fromkeys(one.situation_id for one in around if one.start == start)
    tags = "".join(
        f'<span class="coach-tag">{html.escape(knowledge.situations[name].title)}</span> '
        for name in begun
    )
    is_chosen = situation in {one.situation_id for one in around}
    tinted = "<mark>{}</mark>" if is_chosen else '<span class="coach-passage">{}</span>'
    return tags + tinted.format(html.escape(part))


def place_today(citation: Citation, knowledge: Knowledge) -> Citation | None:
    """The citation at the place where its quote stands in the present document, or None."""
    document = knowledge.documents.get(citation.document)
    if document is None:
        return None
    if document.text[citation.start : citation.end] == citation.quote:
        return citation
    start = document.text.find(citation.quote)
    return replace(citation, start=start, end=start + len(citation.quote)) if start >= 0 else None


def mark_quote(citation: Citation, knowledge: Knowledge) -> str:
    """Return the document as HTML, its text escaped, with the quote in `<mark>`."""
    whole = knowledge.documents[citation.document].text
    start, end = citation.start, citation.end
    first, last = _passage_around(citation, knowledge)
    parts = (
        html.escape(whole[:first]),
        '<span class="coach-passage">',
        html.escape(whole[first:start]),
        f'<mark id="quote">{html.escape(whole[start:end])}</mark>',
        html.escape(whole[end:last]),
        "</span>",
        html.escape(whole[last:]),
    )
    return "".join(parts)


def _passage_around(citation: Citation, knowledge: Knowledge) -> tuple[int, int]:
    for passage in knowledge.passages:
        is_here = passage.document == citation.document
        if is_here and passage.start <= citation.start and citation.end <= passage.end:
            return passage.start, passage.end
    return citation.start, citation.end
