"""Entailment: an optional second look at proven sentences, by a cross-encoder."""

from __future__ import annotations

from typing import Any

from coach.errors import SettingsError
from coach.texts import text

ENTAILMENT = "entail"
LEAST_CHANCE = 0.5


class Entailment:
    """A natural-language-inference model of sentence-transformers, by folder or hub name."""

    def __init__(self, name: str) -> None:
        from sentence_transformers import CrossEncoder

        try:
            self._model: Any = CrossEncoder(name, device="cpu")
            labels: dict[int, str] = self._model.config.id2label
        except Exception as error:
            raise SettingsError(text("settings.entailment", name=name, fault=error)) from error
        found = [number for number, label in labels.items() if ENTAILMENT in label.lower()]
        if not found:
            fault = ", ".join(labels.values())
            raise SettingsError(text("settings.entailment", name=name, fault=fault))
        self._entailed = int(found[0])

    def is_entailed(self, passages: str, sentence: str) -> bool:
        """Whether the passages entail the sentence more likely than not."""
        (chances,) = self._model.predict([(passages, sentence)], apply_softmax=True)
        return float(chances[self._entailed]) >= LEAST_CHANCE
