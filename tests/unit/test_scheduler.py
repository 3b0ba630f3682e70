"""Schedulers and the repeatables before them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulltui.domain.fields import raw_field
from bulltui.domain.scheduler import Scheduler, decode_scheduler, run_ids
from tests.unit.strangers import hashes


def decoded(member: str, **fields: str) -> Scheduler:
    return decode_scheduler(member, 17, {name: raw_field(value) for name, value in fields.items()}, armed=True)


def test_rules() -> None:
    assert decoded("a", pattern="0 8 * * *", tz="UTC").rule == "0 8 * * * UTC"
    assert decoded("a", every="1000").rule == "every 1000 ms"
    assert decoded("a", name="x").rule == "unknown"


def test_legacy() -> None:
    assert not decoded("a", name="x", ic="0").legacy
    assert decoded("a", name="x").legacy
    assert decoded("name:id:5:UTC:1 2 3:4").pattern == "1 2 3:4"
    member = decoded("name::1700:UTC:60000")
    assert (member.name, member.end_at, member.timezone, member.every_ms) == ("name", 1700, "UTC", 60000)
    assert decoded("0123abc").legacy


def test_overdue() -> None:
    assert decoded("a", every="1").overdue_ms(20) == 3
    assert decoded("a", every="1").overdue_ms(5) == 0


def test_run_ids() -> None:
    assert run_ids("daily", 17) == ("repeat:daily:17",)
    assert len(run_ids("name:::UTC:1000", 17)) == 3
    assert len(run_ids("\udcff:\ud800:::x", 17)) == 3


@given(st.text(st.characters(exclude_categories=())), st.integers(), hashes)
def test_anything(member: str, next_at: int, fields: dict[str, bytes]) -> None:
    raw = {name: raw_field(value) for name, value in fields.items()}
    one = decode_scheduler(member, next_at, raw, armed=False)
    assert one.id == member
    assert one.rule
    run_ids(member, next_at)


@pytest.mark.parametrize("value", ["NaN", "-1", "1e400", ""])
def test_numbers_that_are_none(value: str) -> None:
    assert decoded("a", every=value, name="x").every_ms in (None, -1)
