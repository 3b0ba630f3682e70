"""The README is true where it can be checked."""

import re

from scripts.readme import README, main


def test_the_key_table_is_the_registry() -> None:
    assert main(["--check"]) == 0, "run `python -m scripts.readme`"


def test_every_picture_and_link_is_there() -> None:
    text = README.read_text("utf-8")
    for target in re.findall(r"\]\(((?!https?:)[^)]+)\)", text):
        assert (README.parent / target).exists(), target
