"""Setting a model up: its level, its check, a second look by an entailment model."""

from __future__ import annotations

from pathlib import Path

import pytest

from coach import build_coach
from coach.answering.model import check_chat_model, level_of
from coach.settings import Settings
from tests.advising import (
    QUESTION,
    TRUE,
    advise,
    load,
    with_model,
)
from tests.language_server import serve_language


def test_no_model_composes_before_it_was_evaluated(real_settings: Settings) -> None:
    some = real_settings.model_copy(update={"llm": "openai:some-model"})
    assert level_of(some) == "select"
    assert level_of(some.model_copy(update={"llm_level": "compose"})) == "compose"


@pytest.mark.parametrize("name", ["nonsense", "openai", "nobody:model", "mistralai:small"])
def test_a_model_that_cannot_be_set_up_is_reported_and_cards_still_work(
    real_settings: Settings, name: str
) -> None:
    said: list[str] = []
    settings = real_settings.model_copy(update={"llm": name})
    coach = build_coach(settings, report=said.append)
    assert coach.model is None
    assert len(said) == 1
    assert name in said[0]
    assert coach.reply([], QUESTION).answered


def test_an_entailment_model_that_is_none_is_told(real_settings: Settings, tmp_path: Path) -> None:
    said: list[str] = []
    with serve_language([TRUE]) as server:
        settings = with_model(real_settings, server, entailment=str(tmp_path))
        coach = build_coach(settings, report=said.append)
    assert coach.model is None
    assert "COACH_ENTAILMENT" in said[0]


def test_an_entailment_model_looks_at_proven_sentences_again(
    real_settings: Settings, tmp_path: Path
) -> None:
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    (tmp_path / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    BertTokenizer(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
    for label, is_shown in (
        ({0: "contradiction", 1: "entailment"}, False),
        ({0: "entailment", 1: "contradiction"}, True),
    ):
        config = BertConfig(
            vocab_size=5,
            hidden_size=8,
            num_hidden_layers=1,
            num_attention_heads=1,
            intermediate_size=8,
            id2label=label,
            label2id={v: k for k, v in label.items()},
        )
        model = BertForSequenceClassification(config)
        model.classifier.weight.data.zero_()
        model.classifier.bias.data[:] = model.classifier.bias.data.new([5.0, -5.0])
        model.save_pretrained(tmp_path)
        reply = advise(real_settings, TRUE, entailment=str(tmp_path))
        assert bool(reply.advice) is is_shown
        assert [one.reason for one in reply.dropped] == ([] if is_shown else ["not_entailed"])


def test_a_one_token_check_passes_on_a_live_server(real_settings: Settings) -> None:
    with serve_language(["Да"]) as server:
        settings = with_model(real_settings, server)
        check_chat_model(load(settings), settings)  # type: ignore[arg-type]
        assert (
            server.requests[0].get("max_completion_tokens", server.requests[0].get("max_tokens"))
            == 1
        )
