"""The proof of a sentence: is what a model wrote said by the passages that it cites?"""
