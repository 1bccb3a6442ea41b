"""The disposable index: embeddings, Chroma, BM25, question classifier, build, opening."""
