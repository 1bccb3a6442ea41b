"""The question classifier: which situations a question holds, learned from the question bank.

One logistic regression per situation (and one for «not answered») over lemma n-grams, character
n-grams, the question's shape and its embedding, so that a question can hold two situations or none.
It is trained with scikit-learn at index time and applied with numpy alone, because scikit-learn
takes seconds to import; a test holds the two equal.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings

from coach.index.features import GRAMS, shape_of
from coach.index.static_model import Progress
from coach.instruction.questions import FOLLOW_UP, NOT_ANSWERED, BankQuestion
from coach.language.lemmas import is_function_word, words_of

RAREST = 2
REGULARISATION = 30.0
PAIRS = 1500
MATCHED_WORDS = 4
UNTAUGHT = 0.1
SEED = 20261122


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
        self.intercepts = intercepts

    def logits(self, question: str, vector: Sequence[float]) -> dict[str, float]:
        """Return, for each situation and `none`, the log-odds that the question holds it."""
        logits = self.intercepts.copy()
        offset = 0
        for kind, weights in self._grams.items():
            columns, values = weights.transform(GRAMS[kind](question))
            logits += values @ self._coefficients[columns + offset]
            offset += len(weights.idf)
        logits += _dense(question, vector) @ self._coefficients[offset:]
        return dict(zip(self.classes, map(float, logits), strict=True))

    def matched_words(self, question: str, name: str) -> tuple[str, ...]:
        """Return the question's words that speak for a situation, the strongest first."""
        of_class = self._coefficients[:, self.classes.index(name)]
        scores = dict.fromkeys(words_of(question), 0.0)
        offset = 0
        for kind, weights in self._grams.items():
            columns, values = weights.transform(GRAMS[kind](question))
            gains = dict(zip(columns.tolist(), values * of_class[columns + offset], strict=True))
            offset += len(weights.idf)
            for word in scores:
                own = {weights.columns.get(gram) for gram in GRAMS[kind](word)}
                scores[word] += sum(gains.get(column, 0.0) for column in own if column is not None)
        ranked = sorted((word for word in scores if scores[word] > 0), key=lambda w: -scores[w])
        telling = (word for word in ranked if not is_function_word(word))
        return tuple(islice(telling, MATCHED_WORDS))

    def touched_classes(
        self, questions: Sequence[BankQuestion], embeddings: Embeddings
    ) -> frozenset[str]:
        """The classes that these questions would teach something: they are wrong on one of them.

        A question that a regression already gets right with confidence hardly moves it.
        """
        touched: set[str] = set()
        for question in questions:
            logits = self.logits(question.text, embeddings.embed_query(question.text))
            for name, logit in logits.items():
                is_held = name in question.situation_ids
                missing = abs(is_held - 1.0 / (1.0 + np.exp(-logit)))
                if is_held or missing > UNTAUGHT:
                    touched.add(name)
        return frozenset(touched)

    def carry(self, grams: Mapping[str, GramWeights]) -> np.ndarray:
        """Return the coefficients, classes as columns, in the rows of other n-gram tables.

        N-grams that were never seen weigh nothing.
        """
        parts, offset = [], 0
        for kind, wanted in grams.items():
            own = self._grams[kind]
            shared = [(n, own.columns[g]) for g, n in wanted.columns.items() if g in own.columns]
            there, here = np.array(shared, dtype=np.int64).reshape(-1, 2).T
            part = np.zeros((len(wanted.idf), len(self.classes)))
            scale = own.idf[here] / wanted.idf[there]
            part[there] = self._coefficients[here + offset] * scale[:, None]
            parts.append(part)
            offset += len(own.idf)
        return np.vstack([*parts, self._coefficients[offset:]])

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
        arrays["intercepts"] = self.intercepts
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
    questions: Sequence[BankQuestion],
    embeddings: Embeddings,
    progress: Progress,
    workers: int | None = None,
    earlier: QuestionClassifier | None = None,
    changed: Sequence[BankQuestion] = (),
) -> QuestionClassifier:
    """Train on the bank and on seeded pairs of its questions: those hold two situations.

    `workers` is the number of threads; None means one for each core. With an `earlier` classifier
    only the classes that the `changed` questions teach something are trained anew.
    """
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    examples = [*questions, *_pair_questions(questions)]
    texts = [question.text for question in examples]
    classes = sorted({name for question in examples for name in question.situation_ids})
    wanted = frozenset(classes)
    if earlier and earlier.classes == tuple(classes):
        wanted = earlier.touched_classes(changed, embeddings)
    parts, grams = [], {}
    for kind, analyzer in GRAMS.items():
        rarest = RAREST if kind == "char" else 1
        vectorizer = TfidfVectorizer(analyzer=analyzer, sublinear_tf=True, min_df=rarest)
        parts.append(vectorizer.fit_transform(texts))
        columns = {gram: int(n) for gram, n in vectorizer.vocabulary_.items()}
        grams[kind] = GramWeights(columns, vectorizer.idf_)
    vectors = embeddings.embed_documents(texts)
    dense = [_dense(text, vector) for text, vector in zip(texts, vectors, strict=True)]
    features = hstack([*parts, csr_matrix(np.array(dense))]).tocsr()
    features.sum_duplicates()  # in place, and so never by two of the threads below at once

    def train_one(name: str) -> LogisticRegression:
        model = LogisticRegression(C=REGULARISATION, solver="liblinear", random_state=SEED)
        return model.fit(features, [name in question.situation_ids for question in examples])

    trained = [name for name in classes if name in wanted]
    # liblinear lets go of the interpreter's lock; its primal solver draws no random numbers
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        started = {name: pool.submit(train_one, name) for name in trained}
        models = {name: started[name].result() for name in progress(trained, "classifier")}
    coefficients = np.zeros((features.shape[1], len(classes)))
    intercepts = np.zeros(len(classes))
    if earlier and len(trained) < len(classes):
        coefficients, intercepts = earlier.carry(grams), earlier.intercepts.copy()
    for name, model in models.items():
        coefficients[:, classes.index(name)] = model.coef_[0]
        intercepts[classes.index(name)] = float(model.intercept_[0])
    return QuestionClassifier(classes, grams, coefficients, intercepts)


def _dense(question: str, vector: Sequence[float]) -> np.ndarray:
    return np.concatenate([shape_of(question), vector])


def _pair_questions(questions: Sequence[BankQuestion]) -> list[BankQuestion]:
    singles = [
        question
        for question in questions
        if len(question.situation_ids) == 1
        and question.situation_ids[0] not in (NOT_ANSWERED, FOLLOW_UP)
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
