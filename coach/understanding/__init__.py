"""Which situation, which passages, and whether that is sure enough to answer."""
