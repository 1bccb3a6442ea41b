"""Danger to life: a stage of its own, before every other."""
