"""The served page as a process of its own, for tests that need a real address."""

from __future__ import annotations

from eval.served_page import ServedPage, free_port, run_page

__all__ = ["ServedPage", "free_port", "run_page"]
