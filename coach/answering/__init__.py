"""What is shown: the card of proven quotes, the refusal, and the model's advice."""
