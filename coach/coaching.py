"""Coach: one message in, one reply out; the conversation is the caller's to keep."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from coach.answering.advice import Adviser
from coach.answering.card import build_reply
from coach.answering.directness import DirectnessCheck
from coach.answering.reply import AdviceSentence, DroppedSentence, Reply
from coach.errors import ModelError
from coach.index.opening import Index
from coach.instruction.knowledge import Knowledge
from coach.instruction.questions import FOLLOW_UP
from coach.language.lemmas import fold, words_of
from coach.language.lexicon import Lexicon
from coach.language.repair import Repairer, shorten
from coach.privacy.masking import strip_placeholders, strip_private
from coach.safety.detector import Danger, DangerDetector, follow_danger
from coach.safety.encoder import DangerEncoder
from coach.settings import Settings
from coach.texts import text
from coach.understanding.conversation import (
    Topic,
    card_stems,
    current_call,
    is_small_talk,
    lean_on_topic,
    mentions_small_talk,
    stand_alone,
)
from coach.understanding.decision import SMALL_TALK, Decision, decide, refuse_unreadable, small_talk
from coach.understanding.recognition import recognise
from coach.understanding.similarity import group_similar


class Coach:
    """Answers messages from one opened index."""

    def __init__(
        self,
        index: Index,
        settings: Settings,
        encoder: DangerEncoder,
        load_adviser: Callable[[], Adviser | None] = lambda: None,
    ) -> None:
        self._index = index
        self._settings = settings
        self._detector = DangerDetector(
            index.danger, encoder, index.embeddings, index.knowledge.danger
        )
        self._load_adviser = load_adviser
        self._loading = threading.Lock()
        self._repairer = Repairer(build_lexicon(index.knowledge))
        situations = index.knowledge.situations
        self._taught = {  # what stands in the bank word for word needs no earlier question
            fold(one.text)
            for one in index.knowledge.questions
            if FOLLOW_UP not in one.situation_ids
        }
        self._directness = DirectnessCheck(index.knowledge)
        self._cards = {name: card_stems(one) for name, one in situations.items()}

    @property
    def knowledge(self) -> Knowledge:
        """The knowledge that is being served: documents, situations, version."""
        return self._index.knowledge

    @property
    def build(self) -> str:
        """The name of the build that was opened."""
        return self._index.build

    @property
    def _adviser(self) -> Adviser | None:
        """The adviser, loaded when it is first asked for: no card waits for a model."""
        with self._loading:
            return self._loaded_adviser

    @cached_property
    def _loaded_adviser(self) -> Adviser | None:
        return self._load_adviser()

    @property
    def model(self) -> str | None:
        """The name of the language model, or None when there is none."""
        adviser = self._adviser
        return adviser.name if adviser else None

    def reply(
        self, conversation: Sequence[Reply], message: str, *, is_danger_dismissed: bool = False
    ) -> Reply:
        """Return the card, the question back, or the refusal; no language model is asked.

        Danger to life is looked for before anything else, and stays until it is dismissed or the
        operator says that help is called. With `is_danger_dismissed` the reply is the one that
        there would be without the danger. Of a message longer than READ_CHARS only the beginning
        and the end are read.
        """
        reply = self._reply(conversation, shorten(message), is_danger_dismissed)
        return replace(reply, question=message)

    def _reply(
        self, conversation: Sequence[Reply], message: str, is_danger_dismissed: bool
    ) -> Reply:
        started = time.perf_counter()
        unreadable = refuse_unreadable(message)
        if unreadable:
            return self._finish(message, None, unreadable, Danger(None), started)
        call = current_call(conversation, message)
        repaired = self._repairer.repair(_without_private(message))
        danger = self._detector.assess(message, repaired.text)
        earlier = self._earlier_danger(call, message)
        decision = self._decide_on(call, message, repaired.text)
        is_reworded = repaired.is_changed and decision.refusal != SMALL_TALK
        understood_as = repaired.text if is_reworded else None
        if is_danger_dismissed:
            reply = self._finish(message, understood_as, decision, Danger(None), started)
            return replace(reply, danger=danger.level or earlier, danger_dismissed=True)
        danger = follow_danger(danger, earlier, is_answered=decision.answered)
        return self._finish(message, understood_as, decision, danger, started)

    def dismiss_danger(self, conversation: Sequence[Reply], reply: Reply) -> Reply:
        """Return what a reply is once the operator says that it is no danger.

        `conversation` are the replies before it.
        """
        return self.reply(conversation, reply.question, is_danger_dismissed=True)

    def _decide_on(self, call: Sequence[Reply], message: str, repaired: str) -> Decision:
        if is_small_talk(message) or is_small_talk(repaired):
            return small_talk()
        topic = None if fold(message) in self._taught else self._find_topic(call)
        recognition = recognise(self._index, repaired)
        weighed = lean_on_topic(recognition, topic) if topic else stand_alone(recognition)
        decision = decide(weighed, self._settings)
        if not decision.answered and mentions_small_talk(repaired):
            return small_talk()
        return decision

    def _earlier_danger(self, call: Sequence[Reply], message: str) -> str | None:
        """The danger that this call was left in, unless this message says that it is over."""
        if not call or call[-1].danger_dismissed or self._detector.is_resolved(message):
            return None
        return call[-1].danger

    def _find_topic(self, conversation: Sequence[Reply]) -> Topic | None:
        """What a conversation is about: the last card shown; None before the first one."""
        known = self.knowledge.situations
        asked = tuple(
            (
                shorten(reply.understood_as or reply.question),
                tuple(one.id for one in reply.situations),
            )
            for reply in conversation
            if reply.answered and all(one.id in known for one in reply.situations)
        )
        if not asked:
            return None
        return Topic(asked[-1][1], asked, self._cards)

    def reply_with(self, message: str, situation_id: str) -> Reply:
        """Return the card of the situation that the operator picked; KeyError when unknown."""
        started = time.perf_counter()
        self.knowledge.situations[situation_id]
        decision = Decision(True, ((situation_id, 1.0),), (), None)
        return self._finish(message, None, decision, Danger(None), started)

    def _finish(
        self,
        message: str,
        understood_as: str | None,
        decision: Decision,
        danger: Danger,
        started: float,
    ) -> Reply:
        shown = decision.situations if decision.answered else ()
        asked = understood_as or message
        directness = {
            name: self._directness.check(asked, self.knowledge.situations[name])
            for name, _ in shown
        }
        reply = build_reply(message, understood_as, decision, self.knowledge, danger, directness)
        return replace(reply, elapsed_ms=round((time.perf_counter() - started) * 1000, 2))

    def stream_advice(
        self, conversation: Sequence[Reply], reply: Reply
    ) -> Iterator[AdviceSentence | DroppedSentence]:
        """Yield the model's sentences on an answered reply, each as it is proven or dropped.

        Nothing without a model. Raises ModelError when the model fails: the card stands all the
        same. Stop reading, and the model is stopped.
        """
        if reply.answered and self._adviser:
            yield from self._adviser.stream(reply, conversation)

    def add_advice(
        self, reply: Reply, sentences: Sequence[AdviceSentence | DroppedSentence]
    ) -> Reply:
        """Return a reply with what its model said: the proven part is shown, the rest kept."""
        assert self._adviser is not None
        advice = tuple(one for one in sentences if isinstance(one, AdviceSentence))
        dropped = tuple(one for one in sentences if isinstance(one, DroppedSentence))
        lines = [reply.text]
        if advice:
            lines += ["", text("advice.heading", model=self._adviser.name)]
            lines += [one.text for one in advice]
        if dropped:
            lines += ["", text("advice.dropped", count=len(dropped))]
        return replace(
            reply,
            model=self._adviser.name,
            advice=advice,
            dropped=dropped,
            text="\n".join(lines),
        )

    def advise(self, conversation: Sequence[Reply], reply: Reply) -> Reply:
        """Return the reply with the model's whole advice, or with the line that it failed."""
        if not reply.answered or not self._adviser:
            return reply
        started = time.perf_counter()
        try:
            advised = self.add_advice(reply, list(self.stream_advice(conversation, reply)))
        except ModelError as error:
            return replace(reply, text=f"{reply.text}\n\n{error}")
        elapsed_ms = reply.elapsed_ms + (time.perf_counter() - started) * 1000
        return replace(advised, elapsed_ms=round(elapsed_ms, 2))

    def reword(self, conversation: Sequence[Reply], reply: Reply) -> Reply | None:
        """Let the model put a follow-up that the rules were unsure of into a full question.

        Return the reply to that question, which is shown as `understood_as`; None without a model,
        when it failed or strayed from the conversation's words, or when nothing is gained.
        """
        is_unsure = not reply.answered and reply.refusal is None
        if not (conversation and is_unsure and self._adviser):
            return None
        question = self._adviser.rewrite(reply, conversation)
        if question is None:
            return None
        again = self.reply([], question)
        if not again.answered:
            return None
        return replace(again, question=reply.question, understood_as=question)

    def group_similar(self, questions: Sequence[str]) -> list[list[int]]:
        """Group questions by what they are about: the places of each group, the largest first."""
        return group_similar(questions, [one.text for one in self.knowledge.questions])

    def warm_model(self) -> None:
        """Let a local model read the cards in advance; nothing without one."""
        if self._adviser and self._adviser.is_local:
            self._adviser.warm()


def _without_private(message: str) -> str:
    """A message as it is recognised; as it was when there is nothing else in it."""
    stripped = strip_private(strip_placeholders(message))
    return stripped if words_of(stripped) else message


def build_lexicon(knowledge: Knowledge) -> Lexicon:
    """The words of the question bank and of the instruction."""
    documents = (document.text for document in knowledge.documents.values())
    return Lexicon([*(question.text for question in knowledge.questions), *documents])
