"""One operator's browser without a browser: the page over Streamlit's own websocket.

The messages are Streamlit's (`streamlit.proto`): BackMsg asks the page to run, ForwardMsg brings
its elements one by one, and `script_finished` ends the run.
"""

from __future__ import annotations

import asyncio
import html
import time
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from coach.settings import PROJECT_FOLDER
from coach.texts import look_up, text

UI_TEXTS = PROJECT_FOLDER / "ui" / "texts.yaml"
QUESTION_CLASS = 'class="coach-question"'
HEADING_CLASSES = ('class="coach-title"', 'class="coach-danger"')
ANSWER_SECONDS = 60
LOST, NO_ANSWER, NO_CARD = "connection lost", "no answer in time", "no card"
EXCEPTION, FAILED, NOT_KEPT = "exception on the page", "the page failed", "the archive failed"
GAP = "…"


@dataclass
class Answer:
    """What came of one question: milliseconds from its sending to its card and to the run's end."""

    question: str
    card_ms: float | None = None
    end_ms: float | None = None
    title: str = ""
    faults: list[str] = field(default_factory=list)


class PageSession:
    """A session of the page: opened, then asked one question after another."""

    def __init__(self, address: str) -> None:
        self._url = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
        self._socket: ClientConnection | None = None
        self._input = self._query = ""
        self._fault_words = read_fault_words()

    async def open(self) -> Answer:
        """Connect and let the page run for the first time."""
        answer = Answer("")
        try:
            self._socket = await connect(
                self._url, subprotocols=["streamlit"], max_size=None, compression=None
            )
        except (OSError, WebSocketException):
            answer.faults.append(LOST)
            return answer
        return await self._run(answer)

    async def ask(self, question: str) -> Answer:
        """Type a question, and wait until the page has run to its end."""
        answer = await self._run(Answer(question))
        if answer.card_ms is None and not answer.faults:
            answer.faults.append(NO_CARD)
        return answer

    async def close(self) -> None:
        """Leave the page."""
        if self._socket:
            await self._socket.close()

    async def _run(self, answer: Answer) -> Answer:
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.widget_states.SetInParent()
        if answer.question:
            typed = message.rerun_script.widget_states.widgets.add(id=self._input)
            typed.chat_input_value.data = answer.question
        assert self._socket
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                started = time.perf_counter()
                await self._socket.send(message.SerializeToString())
                await self._follow(self._socket, answer, started)
        except TimeoutError:
            answer.faults.append(NO_ANSWER)
        except WebSocketException:
            answer.faults.append(LOST)
        return answer

    async def _follow(self, socket: ClientConnection, answer: Answer, started: float) -> None:
        """Read what the page sends until its run ends."""
        sought = html.escape(" ".join(answer.question.split()))
        is_next = False  # the question was repeated: the title after it is its card's
        while True:
            message = ForwardMsg.FromString(await socket.recv(decode=False))
            kind = message.WhichOneof("type")
            if kind == "script_finished":
                answer.end_ms = (time.perf_counter() - started) * 1000
                return
            if kind == "page_info_changed":
                self._query = message.page_info_changed.query_string
            if kind != "delta" or message.delta.WhichOneof("type") != "new_element":
                continue
            element = message.delta.new_element
            kind = element.WhichOneof("type")
            if kind == "chat_input":
                self._input = element.chat_input.id
            elif kind == "exception":
                answer.faults.append(EXCEPTION)
            elif kind == "html":
                body = element.html.body
                answer.faults += [name for name, words in self._fault_words if words in body]
                if answer.card_ms is not None or not answer.question:
                    continue
                if is_next and any(one in body for one in HEADING_CLASSES):
                    answer.card_ms = (time.perf_counter() - started) * 1000
                    answer.title = body
                is_next = is_next or (QUESTION_CLASS in body and sought in body)


def read_fault_words() -> list[tuple[str, str]]:
    """What the page says when something went wrong: the fault, and words that tell it."""
    said = {
        look_up(UI_TEXTS, "failed", {}): FAILED,
        text("archive.failed", fault=GAP): NOT_KEPT,
        text("archive.unreachable", url=GAP, fault=GAP): NOT_KEPT,
        text("archive.stale"): NOT_KEPT,
    }
    return [(name, max(words.split(GAP), key=len)) for words, name in said.items()]
