"""The table of actions is sound: ids and keys name one thing each."""

from collections import Counter

from bulltui.domain.registry import ACTIONS, Where, key_name


def test_ids_are_unique() -> None:
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)


def test_no_key_means_two_things_in_one_place() -> None:
    for where in Where:
        keys = Counter(key for a in ACTIONS if a.where in (where, Where.EVERYWHERE) for key in a.keys)
        assert [key for key, count in keys.items() if count > 1] == []


def test_texts_are_for_people() -> None:
    for action in ACTIONS:
        assert action.help.endswith("."), action.id
        assert 0 < len(action.label) <= (16 if action.keys else 24), action.id


def test_keys_are_written_as_on_the_keyboard() -> None:
    assert key_name("question_mark") == "?"
    assert key_name("r") == "r"
