"""The model-graded scorer: several votes a reply, their spread, and no say in the verdict."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage

from coach.answering.model import load_chat_model, token_limit
from coach.assembly import show_progress
from coach.settings import Settings
from eval.gold import GoldSet
from eval.running import Result, Run
from eval.texts import word

PROMPT = Path(__file__).with_name("judge.md")
MOST_CASES = 40
MOST_TOKENS = 4


def judge_run(run: Run, gold: GoldSet, settings: Settings, votes: int) -> str:
    """Let the model grade replies against gold responses; say how far it agrees with the checks.

    Raises ModelError when the model cannot be loaded.
    """
    model = load_chat_model(settings, show_progress)
    graded = [one for one in run.results if one.case.suite == "situations" and not one.damage]
    agreed = spread = 0
    for one in graded[:MOST_CASES]:
        counts = Counter(_vote(model, one, gold, settings) for _ in range(votes))
        (majority, most), *_ = counts.most_common()
        agreed += majority == one.is_right
        spread += most < votes
    count = len(graded[:MOST_CASES])
    return word("console.judge_line", model=settings.llm, agreed=agreed, count=count, spread=spread)


def _vote(model: BaseChatModel, one: Result, gold: GoldSet, settings: Settings) -> bool:
    response = gold.responses[one.case.expected[0]]
    wanted = "\n".join(accepted[0] for accepted in response.say)
    told = f"{one.typed}\n---\n{wanted}\n---\n{one.reply.text}"
    messages = [SystemMessage(PROMPT.read_text(encoding="utf-8")), HumanMessage(told)]
    answer = model.bind(**token_limit(settings.llm, MOST_TOKENS)).invoke(messages)
    return str(answer.text).strip().startswith("1")
