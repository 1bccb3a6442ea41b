"""The default sentence-transformers model, made from what pip brought: no hub, no download.

The word vectors are navec's (news, 250 thousand forms, MIT), which the `natasha` wheel carries.
Forms are merged into lemmas by frequency. Each lemma is weighted by a / (a + frequency) and the
common direction is taken out, after Arora, Liang and Ma, "A simple but tough-to-beat baseline for
sentence embeddings" (ICLR 2017).
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from coach.language.lemmas import WORD, fold, lemma_of

STATIC_MODEL_VERSION = "navec-news-250k-lemmas-2"
UNKNOWN = "[UNK]"
SMOOTHING = 1e-3

Progress = Callable[[Iterable[str], str], Iterable[str]]


def navec_path() -> Path:
    """The navec archive inside the installed natasha package."""
    spec = importlib.util.find_spec("natasha")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("natasha")
    return Path(spec.origin).parent / "data/emb/navec_news_v1_1B_250K_300d_100q.tar"


def build_static_model(folder: Path, progress: Progress) -> None:
    """Write a sentence-transformers `StaticEmbedding` model over Russian lemmas into a folder.

    The model expects lemmas joined by spaces and gives vectors of 300 floats of unit length
    (zero for text without one known lemma).
    """
    vocabulary, vectors = _lemma_vectors(progress)
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, StaticEmbedding
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit

    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(vocabulary)}, UNKNOWN))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    static = StaticEmbedding(tokenizer, embedding_weights=vectors)
    model = SentenceTransformer(modules=[static, Normalize()], device="cpu")
    model.save(str(folder), create_model_card=False)


def _lemma_vectors(progress: Progress) -> tuple[list[str], np.ndarray]:
    from navec import Navec

    navec = Navec.load(navec_path())
    counted = zip(navec.vocab.words, navec.vocab.counts, strict=False)
    forms = [(form, count) for form, count in counted if WORD.fullmatch(fold(form))]
    rows: dict[str, int] = {UNKNOWN: 0}
    sums = np.zeros((len(forms) + 1, navec.pq.dim), dtype=np.float32)
    counts = np.zeros(len(forms) + 1)
    lemmas = _lemmas_of_forms([fold(form) for form, _ in forms], progress)
    for (form, count), lemma in zip(forms, lemmas, strict=True):
        row = rows.setdefault(lemma, len(rows))
        sums[row] += navec[form] * count
        counts[row] += count
    sums, counts = sums[: len(rows)], counts[: len(rows)]
    means = sums / np.maximum(counts, 1)[:, None]
    frequency = counts / counts.sum()
    means[1:] -= frequency @ means
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
    weighted = means * (SMOOTHING / (SMOOTHING + frequency))[:, None]
    weighted[0] = 0
    return list(rows), weighted.astype(np.float32)


def _lemmas_of_forms(forms: Sequence[str], progress: Progress) -> list[str]:
    """Lemmas of all forms, the second half of them by a process of its own."""
    half = len(forms) // 2
    command = [sys.executable, "-m", "coach.language.lemmas"]
    with ThreadPoolExecutor(1) as pool:
        rest = pool.submit(
            subprocess.run,
            command,
            input="\n".join(forms[half:]),
            check=True,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        lemmas = [lemma_of(form) for form in progress(forms[:half], "static_model")]
        return lemmas + rest.result().stdout.split()
