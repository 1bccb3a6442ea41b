"""The company's own text: documents with passages, situation files, the question bank."""
