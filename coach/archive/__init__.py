"""The archive: conversations, what operators made of them, and what trainers judged."""
