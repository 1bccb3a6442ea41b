"""The evidence and its combination into probabilities."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from coach.understanding.conversation import TOPIC_FEATURES
from coach.understanding.evidence import (
    CLIP,
    COMBINATION,
    FEATURES,
    Evidence,
    log_odds,
    read_combination,
)
from coach.understanding.recognition import count_votes, weigh_evidence


def evidence(**logits: float) -> Evidence:
    return Evidence(logits, (), {}, 5)


def by_name(values: np.ndarray) -> dict[str, float]:
    return dict(zip(FEATURES, values.tolist(), strict=True))


def test_features_set_a_situation_against_its_best_rival() -> None:
    seen = by_name(evidence(a=2.0, b=1.0, c=-1.0, none=-3.0).features("a"))
    assert (seen["own"], seen["rival"], seen["third"], seen["not_answered"]) == (2, 1, -1, -3)
    turned = by_name(evidence(a=2.0, b=1.0, c=-1.0, none=-3.0).features("b"))
    assert (turned["own"], turned["rival"], turned["third"]) == (1, 2, -1)


def test_a_clause_can_speak_for_the_rival() -> None:
    clauses = ({"a": 3.0, "b": -2.0, "none": -3.0}, {"a": -2.0, "b": 4.0, "none": -3.0})
    seen = by_name(Evidence({"a": 1.0, "b": 0.0, "none": -2.0}, clauses, {}, 9).features("a"))
    assert (seen["clauses"], seen["rival_in_clause"], seen["rival_over_own"]) == (1, 4, 6)
    assert (seen["rival_alone"], seen["own_where_over_rival"]) == (6, 3)


def test_one_situation_alone_has_no_rival_and_no_failure() -> None:
    seen = by_name(evidence(a=50.0, none=-50.0).features("a"))
    assert (seen["own"], seen["third"], seen["not_answered"]) == (CLIP, -CLIP, -CLIP)


def test_the_combination_prefers_what_the_evidence_prefers() -> None:
    seen = weigh_evidence("q", evidence(a=4.0, b=-4.0, c=-5.0, none=-4.0))
    assert seen.confidences[0][0] == "a"
    assert seen.confidences[0][1] > 0.8 > 0.2 > seen.confidences[1][1]
    refused = weigh_evidence("q", evidence(a=-4.0, b=-4.5, c=-5.0, none=4.0))
    assert refused.not_answered > 0.8 > 0.2 > refused.confidences[0][1]


def test_two_clauses_of_two_situations_make_a_second_likelier() -> None:
    logits = {"a": 1.5, "b": 0.5, "c": -5.0, "none": -4.0}
    clauses = (
        {"a": 4.0, "b": -4.0, "c": -5.0, "none": -4.0},
        {"a": -4.0, "b": 4.0, "c": -5.0, "none": -4.0},
    )
    plain = weigh_evidence("q", Evidence(logits, (), {}, 9))
    told = weigh_evidence("q", Evidence(logits, clauses, {}, 9))
    assert told.second > plain.second


def test_weights_name_every_feature_in_order() -> None:
    described = yaml.safe_load(COMBINATION.read_text(encoding="utf-8"))
    names = {name: tuple(one["weights"]) for name, one in described.items()}
    assert names.pop("topic") == TOPIC_FEATURES
    assert names == dict.fromkeys(("holds", "second", "not_answered"), FEATURES)
    assert set(read_combination()) == {*names, "topic"}


def test_a_follow_up_is_no_situation() -> None:
    seen = weigh_evidence("q", evidence(a=1.0, b=0.0, none=-2.0, follow_up=5.0))
    assert [name for name, _ in seen.confidences] == ["a", "b"]
    assert seen.follow_up == 5.0


def test_votes_are_shares_by_squared_similarity() -> None:
    votes = count_votes([(("a",), 0.8), (("a", "b"), 0.4), (("none",), -0.5)])
    assert votes == pytest.approx({"a": 1.0, "b": 0.2, "none": 0.0})
    assert count_votes([]) == {}


def test_log_odds_are_bounded() -> None:
    assert log_odds(0.5) == 0
    assert (log_odds(0.0), log_odds(1.0)) == (-CLIP, CLIP)
