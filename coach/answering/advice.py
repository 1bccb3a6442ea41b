"""The language model's advice: after the card, a sentence at a time, each only when proven.

A model that selects names lines of the card; a model that composes writes sentences, and each of
them is held against the citations. Private data is masked before a word leaves the process.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from pybreaker import CircuitBreaker

from coach.answering.card import build_reply
from coach.answering.clock import read_within
from coach.answering.given import given_sources
from coach.answering.model import COMPOSE, LOCAL, level_of, token_limit
from coach.answering.reply import AdviceSentence, DroppedSentence, Guidance, Phrase, Reply
from coach.answering.sentences import cut_sentences
from coach.errors import ModelError
from coach.instruction.knowledge import Knowledge
from coach.language.lemmas import is_function_word, lemma_of, words_of
from coach.language.repair import shorten
from coach.privacy.masking import Masked, mask, name_callers
from coach.proving.entailment import Entailment
from coach.proving.proof import Proof
from coach.proving.sentences import CITATION
from coach.proving.sources import AVOID, DO, SAY
from coach.proving.thesaurus import Thesaurus, is_family
from coach.proving.verdict import BAD_FORM, NOT_ENTAILED, Verdict
from coach.settings import Settings
from coach.texts import text
from coach.understanding.decision import Decision

PROMPTS = Path(__file__).with_name("prompts")
REMEMBERED_TURNS = 3
MESSAGE_CHARS, EARLIER_CHARS = 800, 200
MOST_TOKENS = {"compose": 350, "select": 24, "rewrite": 60, "warm": 1}
MOST_LINES = 3
ITEM = re.compile(r"(?<!\d)\d{1,3}(?!\d)")
LONGEST_ANSWER = 4000

Event = AdviceSentence | DroppedSentence


class Adviser:
    """Asks a chat model about a card that is already shown."""

    def __init__(
        self,
        model: BaseChatModel,
        knowledge: Knowledge,
        settings: Settings,
        entailment: Entailment | None = None,
    ) -> None:
        self.name = settings.llm
        self.level = level_of(settings)
        self._model = model
        self._knowledge = knowledge
        self._thesaurus = Thesaurus(knowledge.synonyms)
        self._seconds = settings.llm_timeout_seconds
        self._entailment = entailment
        self._breaker = CircuitBreaker(
            fail_max=1, reset_timeout=settings.llm_rest_seconds, exclude=[GeneratorExit]
        )

    @property
    def is_local(self) -> bool:
        """Whether the model runs in this process."""
        return self.name == LOCAL

    def stream(self, reply: Reply, earlier: Sequence[Reply]) -> Iterator[Event]:
        """Yield each sentence as soon as it is judged: proven, or dropped with its reason.

        Raises ModelError when the model fails, is resting after a failure, or takes too long.
        """
        *before, message = _mask(earlier, reply)
        if self.level == COMPOSE:
            words = self._ask(_compose_messages(reply, before, message), "compose")
            yield from self._judge(cut_sentences(words), reply, message)
        else:
            words = self._ask(_select_messages(reply, message), "select", card_lines(reply))
            yield from _selected(words, reply)

    def rewrite(self, reply: Reply, earlier: Sequence[Reply]) -> str | None:
        """Return a follow-up as a full question in the conversation's own words, or None.

        None also when the model fails or strays from what was said.
        """
        *before, message = _mask(earlier, reply)
        try:
            words = "".join(self._ask(_rewrite_messages(before, message), "rewrite"))
        except ModelError:
            return None
        question = message.restore(words.strip().strip('"«»').split("\n")[0])
        told = [shorten(one.understood_as or one.question) for one in earlier[-REMEMBERED_TURNS:]]
        return question if keeps_to(question, shorten(reply.question), told) else None

    def warm(self) -> None:
        """Let a local model read every card once: it keeps what it read of the same beginning."""
        for situation in self._knowledge.situations.values():
            shown = ((situation.id, 1.0),)
            card = build_reply("", None, Decision(True, shown, (), None), self._knowledge)
            *_, message = _mask((), card)
            with suppress(ModelError):
                list(self._ask(_select_messages(card, message), "warm"))

    def _ask(
        self, messages: Sequence[BaseMessage], task: str, lines: Sequence[Any] = ()
    ) -> Iterator[str]:
        options = token_limit(self.name, MOST_TOKENS[task])
        if self.is_local and lines:
            options["extra_body"] = {"grammar": _grammar(len(lines))}
        try:
            with self._breaker.calling():
                stream = self._model.bind(**options).stream
                room = LONGEST_ANSWER
                for chunk in read_within(self._seconds, lambda: stream(list(messages))):
                    if words := str(chunk.text)[:room]:
                        yield words
                        room -= len(words)
                    if not room:
                        return
        except GeneratorExit:
            raise
        except Exception as error:
            raise ModelError(text("advice.failed")) from error

    def _judge(self, sentences: Iterable[str], reply: Reply, message: Masked) -> Iterator[Event]:
        asked = name_callers(message.text)
        proof = Proof(given_sources(reply, self._knowledge), asked, self._thesaurus)
        for sentence in sentences:
            verdict = proof.prove(name_callers(sentence))
            if verdict.is_proven and self._entailment:
                verdict = self._check_entailed(sentence, reply)
            words = message.restore(sentence)
            if verdict.is_proven:
                yield AdviceSentence(words, _citations_of(sentence))
            else:
                yield DroppedSentence(words, str(verdict.reason), verdict.detail)

    def _check_entailed(self, sentence: str, reply: Reply) -> Verdict:
        assert self._entailment is not None
        quotes = " ".join(reply.citation(number).quote for number in _citations_of(sentence))
        is_entailed = self._entailment.is_entailed(quotes, CITATION.sub("", sentence))
        return Verdict() if is_entailed else Verdict(NOT_ENTAILED)


def _citations_of(sentence: str) -> tuple[int, ...]:
    marks = CITATION.findall(sentence)
    return tuple(dict.fromkeys(int(number) for mark in marks for number in ITEM.findall(mark)))


def _mask(earlier: Sequence[Reply], reply: Reply) -> list[Masked]:
    """The last messages and this one without private data, with one numbering."""
    said = [one.question[:EARLIER_CHARS] for one in earlier[-REMEMBERED_TURNS:]]
    return mask([*said, reply.question[:MESSAGE_CHARS]])


def _prompt(name: str, **values: str) -> SystemMessage:
    words = (PROMPTS / f"{name}.md").read_text(encoding="utf-8")
    for key, value in values.items():
        words = words.replace(f"{{{key}}}", value)
    return SystemMessage(words)


def _compose_messages(
    reply: Reply, earlier: Sequence[Masked], message: Masked
) -> list[BaseMessage]:
    quotes = "\n".join(f"[{one.number}] {' '.join(one.quote.split())}" for one in reply.citations)
    lines = "\n".join(f"{line.text} [{line.citation}]" for _, line in card_lines(reply))
    told = "\n".join(one.text for one in earlier)
    prompt = _prompt("compose", passages=quotes, card=lines, earlier=told)
    return [prompt, HumanMessage(_fence(message.text))]


def _select_messages(reply: Reply, message: Masked) -> list[BaseMessage]:
    numbered = enumerate(card_lines(reply), 1)
    lines = "\n".join(
        f"{n}. {text(f'advice.{kind}', line=line.text)}" for n, (kind, line) in numbered
    )
    return [_prompt("select", card=lines), HumanMessage(_fence(message.text))]


def _rewrite_messages(earlier: Sequence[Masked], message: Masked) -> list[BaseMessage]:
    told = "\n".join(one.text for one in earlier)
    return [_prompt("rewrite", earlier=told), HumanMessage(_fence(message.text))]


def _fence(message: str) -> str:
    """The operator's message as data: a mark of its own that it cannot close."""
    return f"<<<\n{message.replace('<<<', '').replace('>>>', '')}\n>>>"


def _grammar(count: int) -> str:
    """The grammar (GBNF of llama.cpp) of a selection: up to three numbers of lines."""
    numbers = " | ".join(f'"{number}"' for number in range(1, count + 1))
    return f'root ::= line (", " line){{0,{MOST_LINES - 1}}}\nline ::= {numbers}'


def card_lines(reply: Reply) -> list[tuple[str, Phrase | Guidance]]:
    """The lines of a card that a model may choose from, each with its kind: say, do, avoid."""
    lines: list[tuple[str, Phrase | Guidance]] = [(SAY, one) for one in reply.say]
    lines += [(DO, one) for one in reply.do]
    return lines + [(AVOID, one) for one in reply.avoid]


def _selected(words: Iterable[str], reply: Reply) -> Iterator[Event]:
    """Yield the card's lines as a selecting model names their numbers, until it named three.

    Nothing of its own words is shown; a number that is no line's is dropped.
    """
    lines = card_lines(reply)
    named: set[int] = set()
    said, end = "", 0
    for piece in chain(words, [" "]):  # a number has come whole when something follows it
        said += piece
        for found in ITEM.finditer(said, end):
            if found.end() == len(said):
                break
            number, end = int(found[0]), found.end()
            if number not in named:
                named.add(number)
                yield _line_event(number, lines)
            if len(named) == MOST_LINES:
                return
    if not named:
        yield DroppedSentence(said[:EARLIER_CHARS].strip(), BAD_FORM, "")


def _line_event(number: int, lines: Sequence[tuple[str, Phrase | Guidance]]) -> Event:
    if not 1 <= number <= len(lines):
        return DroppedSentence(str(number), BAD_FORM, str(number))
    kind, line = lines[number - 1]
    shown = text(f"advice.{kind}", line=line.text)
    return AdviceSentence(f"{shown} [{line.citation}]", (line.citation,))


def keeps_to(question: str, message: str, told: Sequence[str]) -> bool:
    """Whether a rewritten question says no more than the conversation, and all of the message."""
    known = [lemma_of(word) for one in (message, *told) for word in words_of(one)]
    asked = [lemma_of(word) for word in words_of(question) if not is_function_word(word)]
    own = [lemma_of(word) for word in words_of(message) if not is_function_word(word)]
    is_told = all(any(is_family(word, one) for one in known) for word in asked)
    is_whole = all(any(is_family(word, one) for one in asked) for word in own)
    return bool(asked) and is_told and is_whole
