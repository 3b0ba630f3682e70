"""A believable shop on BullMQ: producers, workers, flows, schedulers and failures on the official Python package.

`python -m simulator --url redis://...` runs it; see `python -m simulator --help`. Only relative imports are used
inside: in an installed wheel this package is `bulltui._simulator`.
"""
