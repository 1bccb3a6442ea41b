"""Questions grouped by their words: new kinds of question show as groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coach.language.lemmas import lemmas_of

MOST_DISTANCE = 0.85


def group_similar(questions: Sequence[str], bank: Sequence[str]) -> list[list[int]]:
    """Group questions by average linkage of their lemmas' TF-IDF vectors (cosine distance 0..1).

    How rare a lemma is comes from the question bank. Returns the places of each group's questions,
    the largest group first; a question that is like no other stands alone.
    """
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.feature_extraction.text import TfidfVectorizer

    if len(questions) < 2:
        return [[place] for place in range(len(questions))]
    vectorizer = TfidfVectorizer(analyzer=_lemmas, sublinear_tf=True)
    vectors = vectorizer.fit([*bank, *questions]).transform(questions)
    distances = np.clip(1.0 - (vectors @ vectors.T).toarray(), 0.0, None)
    np.fill_diagonal(distances, 0.0)
    labels = AgglomerativeClustering(
        n_clusters=None,
        metric="precomputed",
        linkage="average",
        distance_threshold=MOST_DISTANCE,
    ).fit_predict(distances)
    groups = [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]
    return sorted(groups, key=lambda group: (-len(group), group))


def _lemmas(question: str) -> set[str]:
    return set(lemmas_of(question))
