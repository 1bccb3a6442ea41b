"""Measuring the coach: benchmarks now, the evaluation against gold responses later."""
