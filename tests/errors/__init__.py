"""Errors as they really are: a corpus of them, and how well they group."""
