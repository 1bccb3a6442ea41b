"""The question classifier: trained with scikit-learn, applied with numpy."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from coach.index.classifier import (
    RAREST,
    REGULARISATION,
    SEED,
    QuestionClassifier,
    _pair_questions,
    train_classifier,
)
from coach.index.embeddings import load_embeddings
from coach.index.features import GRAMS, char_grams, shape_of
from coach.instruction.questions import BankQuestion
from coach.settings import Settings

BANK = [
    *(BankQuestion(q, ("boss",)) for q in ("дай номер шефа", "телефон директора", "контакт шефа")),
    *(BankQuestion(q, ("child",)) for q in ("звонит ребёнок", "дети в трубке", "голос ребёнка")),
    *(BankQuestion(q, ("none",)) for q in ("какая погода", "где скидка", "спасибо")),
]


@pytest.fixture(scope="module")
def embeddings(real_settings: Settings) -> Embeddings:
    cache = real_settings.index / "embedders"
    return load_embeddings("static", cache, lambda steps, label: steps)


@pytest.fixture(scope="module")
def classifier(embeddings: Embeddings) -> QuestionClassifier:
    return train_classifier(BANK, embeddings, lambda steps, label: steps)


def test_numpy_gives_the_logits_of_scikit_learn(
    classifier: QuestionClassifier, embeddings: Embeddings
) -> None:
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    examples = [*BANK, *_pair_questions(BANK)]
    asked = ["дай дай номер директора", "голос в трубке: «ребёнок»", "zzzz", "какая скидка?!"]
    texts = ([example.text for example in examples], asked)
    columns = []
    for kind, analyzer in GRAMS.items():
        rarest = RAREST if kind == "char" else 1
        vectorizer = TfidfVectorizer(analyzer=analyzer, sublinear_tf=True, min_df=rarest)
        columns.append((vectorizer.fit_transform(texts[0]), vectorizer.transform(asked)))
    dense = [
        np.array([[*shape_of(text), *embeddings.embed_query(text)] for text in part])
        for part in texts
    ]
    features, unseen = (
        hstack([*(part[n] for part in columns), csr_matrix(dense[n])]).tocsr() for n in (0, 1)
    )
    for name in classifier.classes:
        model = LogisticRegression(C=REGULARISATION, solver="liblinear", random_state=SEED)
        model.fit(features, [name in example.situation_ids for example in examples])
        logits = model.decision_function(unseen)
        for question, logit in zip(asked, logits, strict=True):
            found = classifier.logits(question, embeddings.embed_query(question))
            assert found[name] == pytest.approx(logit, abs=1e-6)


def test_it_separates_what_it_learned(
    classifier: QuestionClassifier, embeddings: Embeddings
) -> None:
    for question in BANK:
        logits = classifier.logits(question.text, embeddings.embed_query(question.text))
        assert max(logits, key=logits.__getitem__) == question.situation_ids[0]


def test_a_question_can_hold_two_situations(
    classifier: QuestionClassifier, embeddings: Embeddings
) -> None:
    question = "звонит ребёнок и просит телефон директора"
    logits = classifier.logits(question, embeddings.embed_query(question))
    assert min(logits["boss"], logits["child"]) > logits["none"]


def test_it_says_which_words_speak_for_a_situation(classifier: QuestionClassifier) -> None:
    words = classifier.matched_words("ну дай телефон директора, zzzz", "boss")
    assert words[0] in ("телефон", "директора", "дай")
    assert "zzzz" not in words
    assert classifier.matched_words("zzzz", "boss") == ()


def test_it_survives_being_saved(
    classifier: QuestionClassifier, embeddings: Embeddings, tmp_path: Path
) -> None:
    classifier.save(tmp_path / "saved")
    loaded = QuestionClassifier.load(tmp_path / "saved")
    vector = embeddings.embed_query("номер шефа")
    wanted = classifier.logits("номер шефа", vector)
    found = loaded.logits("номер шефа", vector)
    assert found == pytest.approx(wanted, abs=1e-4)


def test_a_new_question_trains_only_the_classes_that_it_teaches(
    classifier: QuestionClassifier, embeddings: Embeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coach.index.classifier.UNTAUGHT", 0.3)  # nine questions teach little
    new = BankQuestion("спасибо, блямба", ("none",))
    trained: list[str] = []

    def watch(steps: Iterable[str], label: str) -> Iterable[str]:
        trained.extend(steps)
        return trained

    renewed = train_classifier([*BANK, new], embeddings, watch, earlier=classifier, changed=[new])
    assert trained == ["none"]
    vector = embeddings.embed_query("номер шефа")
    assert "блямба" in renewed._grams["lemma"].columns
    for name in ("boss", "child"):
        kept = classifier.logits("номер шефа", vector)[name]
        assert renewed.logits("номер шефа", vector)[name] == pytest.approx(kept, abs=0.3)
    blamba = embeddings.embed_query("блямба")
    assert renewed.logits("блямба", blamba)["none"] > classifier.logits("блямба", blamba)["none"]


def test_a_question_that_was_misread_trains_the_wrong_class_too(
    classifier: QuestionClassifier, embeddings: Embeddings
) -> None:
    wrong = BankQuestion("телефон директора, дай номер", ("child",))
    assert classifier.touched_classes([wrong], embeddings) >= {"boss", "child"}


def test_no_known_gram_is_no_failure(classifier: QuestionClassifier) -> None:
    logits = classifier.logits("zzzz", [0.0] * 300)
    assert set(logits) == {"boss", "child", "none"}


def test_character_grams_know_word_borders() -> None:
    assert char_grams("да") == [" д", "да", "а ", " да", "да ", " да "]
