"""The question classifier: which situations a question holds, learned from the question bank.

One logistic regression per situation (and one for «not answered») over lemma n-grams, character
n-grams and the question's embedding, so that a question can hold two situations or none. It is
trained with scikit-learn at index time and applied with numpy alone, because scikit-learn takes
seconds to import; a test holds the two equal.
"""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings

from coach.instruction.questions import NOT_ANSWERED, BankQuestion
from coach.language.lemmas import lemmas_of, words_of

CHAR_SIZES = (2, 3, 4, 5)
RAREST = 2
REGULARISATION = 30.0
PAIRS = 1500
SEED = 20261122


def lemma_grams(question: str) -> list[str]:
    """Lemmas and pairs of neighbouring lemmas."""
    lemmas = lemmas_of(question)
    return lemmas + [f"{a} {b}" for a, b in itertools.pairwise(lemmas)]


def char_grams(question: str) -> list[str]:
    """Character n-grams inside words, word borders included."""
    grams: list[str] = []
    for word in words_of(question):
        bordered = f" {word} "
        for size in CHAR_SIZES:
            grams += [bordered[n : n + size] for n in range(len(bordered) - size + 1)]
    return grams


GRAMS = {"lemma": lemma_grams, "char": char_grams}


@dataclass(frozen=True)
class GramWeights:
    """TF-IDF of one kind of n-gram: column of each gram, and its inverse document frequency."""

    columns: Mapping[str, int]
    idf: np.ndarray

    def transform(self, grams: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return (columns, values): sublinear TF-IDF of unit length."""
        counts = Counter(self.columns[gram] for gram in grams if gram in self.columns)
        columns = np.fromiter(counts, dtype=np.int64, count=len(counts))
        values = np.fromiter(counts.values(), dtype=np.float64, count=len(counts))
        values = (1.0 + np.log(values)) * self.idf[columns]
        length = np.linalg.norm(values)
        return columns, values / length if length else values


class QuestionClassifier:
    """Applies the trained regressions with numpy."""

    def __init__(
        self,
        classes: Sequence[str],
        grams: Mapping[str, GramWeights],
        coefficients: np.ndarray,
        intercepts: np.ndarray,
    ) -> None:
        self.classes = tuple(classes)
        self._grams = grams
        self._coefficients = coefficients
        self._intercepts = intercepts

    def probabilities(self, question: str, vector: Sequence[float]) -> dict[str, float]:
        """Return, for each situation and `none`, the probability that the question holds it."""
        logits = self._intercepts.copy()
        offset = 0
        for kind, weights in self._grams.items():
            columns, values = weights.transform(GRAMS[kind](question))
            logits += values @ self._coefficients[columns + offset]
            offset += len(weights.idf)
        logits += np.asarray(vector) @ self._coefficients[offset:]
        chances = 1.0 / (1.0 + np.exp(-logits))
        return dict(zip(self.classes, map(float, chances), strict=True))

    def save(self, folder: Path) -> None:
        """Write the classifier into a folder."""
        folder.mkdir(parents=True)
        names = {
            kind: sorted(w.columns, key=w.columns.__getitem__) for kind, w in self._grams.items()
        }
        described = {"classes": self.classes, "grams": names}
        text = json.dumps(described, ensure_ascii=False)
        (folder / "classifier.json").write_text(text, encoding="utf-8")
        arrays = {f"idf_{kind}": w.idf for kind, w in self._grams.items()}
        arrays["coefficients"] = self._coefficients.astype(np.float32)
        arrays["intercepts"] = self._intercepts
        np.savez(folder / "classifier.npz", allow_pickle=False, **arrays)

    @classmethod
    def load(cls, folder: Path) -> QuestionClassifier:
        """Read a saved classifier."""
        described = json.loads((folder / "classifier.json").read_text(encoding="utf-8"))
        with np.load(folder / "classifier.npz") as arrays:
            grams = {
                kind: GramWeights({g: n for n, g in enumerate(names)}, arrays[f"idf_{kind}"])
                for kind, names in described["grams"].items()
            }
            return cls(
                described["classes"], grams, arrays["coefficients"], arrays["intercepts"].copy()
            )


def train_classifier(
    questions: Sequence[BankQuestion], embeddings: Embeddings
) -> QuestionClassifier:
    """Train on the bank and on seeded pairs of its questions: those hold two situations."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    examples = [*questions, *_pair_questions(questions)]
    texts = [question.text for question in examples]
    classes = sorted({name for question in examples for name in question.situation_ids})
    parts, grams = [], {}
    for kind, analyzer in GRAMS.items():
        rarest = RAREST if kind == "char" else 1
        vectorizer = TfidfVectorizer(analyzer=analyzer, sublinear_tf=True, min_df=rarest)
        parts.append(vectorizer.fit_transform(texts))
        columns = {gram: int(n) for gram, n in vectorizer.vocabulary_.items()}
        grams[kind] = GramWeights(columns, vectorizer.idf_)
    parts.append(csr_matrix(np.array(embeddings.embed_documents(texts))))
    features = hstack(parts).tocsr()
    coefficients, intercepts = [], []
    for name in classes:
        model = LogisticRegression(C=REGULARISATION, solver="liblinear", random_state=SEED)
        model.fit(features, [name in question.situation_ids for question in examples])
        coefficients.append(model.coef_[0])
        intercepts.append(float(model.intercept_[0]))
    return QuestionClassifier(classes, grams, np.array(coefficients).T, np.array(intercepts))


def _pair_questions(questions: Sequence[BankQuestion]) -> list[BankQuestion]:
    singles = [
        question
        for question in questions
        if len(question.situation_ids) == 1 and question.situation_ids[0] != NOT_ANSWERED
    ]
    if len({question.situation_ids for question in singles}) < 2:
        return []
    chance = random.Random(SEED)
    pairs: list[BankQuestion] = []
    while len(pairs) < PAIRS:
        first, second = chance.sample(singles, 2)
        if first.situation_ids != second.situation_ids:
            both = first.situation_ids + second.situation_ids
            pairs.append(BankQuestion(f"{first.text} {second.text}", both))
    return pairs
