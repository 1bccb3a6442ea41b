"""Quality: the evaluation's reports beside what operators and trainers made of the answers."""
