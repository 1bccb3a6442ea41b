"""Russian as operators type it: words and lemmas."""
