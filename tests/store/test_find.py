"""Looking through the jobs of a state: what passes, where it goes on, and what is left out."""

from typing import Any

import pytest

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import ID, READABLE, Filter, Kind, Probe, Test, Want
from bulltui.domain.states import JobState
from bulltui.store.finder import RedisFinder
from bulltui.store.reader import RedisReader
from tests.conftest import url_for
from tests.store.finding import having, ids, looks, place, put
from tests.store.support import MAIL, reading

DATA = (Want("data"),)
COMPLETED, WAITING = JobState.COMPLETED, JobState.WAITING


async def test_it_finds_the_newest_first_and_goes_on(reader: RedisReader, raw: Any) -> None:
    for number in range(50):
        put(raw, COMPLETED, f"j{number}", 1_000 + number, data=f'{{"n":"{number % 5}x"}}')
    finder = RedisFinder(reader.calls)
    found = await looks(finder, Probe(MAIL, COMPLETED, having('"3x"'), DATA, limit=7))
    assert ids(found) == [f"j{number}" for number in range(48, 0, -5)]
    assert [look.examined for look in found] == [7] * 7 + [1]
    assert {look.total for look in found} == {50}
    assert [look.spot.left if look.spot else 0 for look in found] == [43, 36, 29, 22, 15, 8, 1, 0]
    first = found[0].found[0]
    assert (first.score, first.raw["data"].text) == (1_048, '{"n":"3x"}')


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.UNKNOWN])
async def test_every_state_has_its_key(reader: RedisReader, raw: Any, state: JobState) -> None:
    for number in range(9):
        put(raw, state, f"{number}", number)
    found = await looks(RedisFinder(reader.calls), Probe(MAIL, state, limit=4))
    assert ids(found) == [f"{number}" for number in reversed(range(9))]
    assert [one.state for look in found for one in look.found] == [state] * 9


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(None, 3, "321"), (3, None, "543"), (2, 4, "432"), (6, None, ""), (None, 0.5, ""), (2.5, 3.5, "3"), (3, 3, "3")],
)
async def test_bounds_of_scores(
    reader: RedisReader, raw: Any, low: float | None, high: float | None, expected: str
) -> None:
    for number in range(1, 6):
        put(raw, COMPLETED, f"{number}", number)
    for limit in (1, 2, 100):
        found = await looks(RedisFinder(reader.calls), Probe(MAIL, COMPLETED, low=low, high=high, limit=limit))
        assert "".join(ids(found)) == expected
        assert {look.total for look in found} == {len(expected)}


async def test_bounds_are_exact_to_the_bit(reader: RedisReader, raw: Any) -> None:
    due = 7.3728e15 + 4095
    for number in range(3):
        put(raw, JobState.DELAYED, f"{number}", due + number)
    found = await looks(RedisFinder(reader.calls), Probe(MAIL, JobState.DELAYED, low=due + 1, high=due + 1))
    assert ids(found) == ["1"]


ATTEMPTS = ("attemptsMade", "atm")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), "abcdef"),
        (having("Needle"), "a"),
        (having("needle", kind=Kind.FOLD), "ab"),
        (having("n", kind=Kind.FOLD), "abde"),
        (having("zeta@9", kind=Kind.FOLD), "c"),
        (having("", kind=Kind.HAS), "abcde"),
        (having("[nN]eed[kl]e", kind=Kind.PATTERN), "a"),
        (having('"NEEDLE"', kind=Kind.EQUAL), "b"),
        (having(">=3", *ATTEMPTS, kind=Kind.NUMBER), "ac"),
        (having("<3", "atm", kind=Kind.NUMBER), "bcdef"),
        (having("=0", "atm", kind=Kind.NUMBER), "bdef"),
        (having("!=0", "atm", kind=Kind.NUMBER), "ac"),
        (having("<=-1.5", "atm", kind=Kind.NUMBER), "c"),
        (having("", "atm", kind=Kind.PRESENT), "acd"),
        (having("b", ID, kind=Kind.EQUAL), "b"),
        (having("needle", "name", "failedReason", "data", kind=Kind.FOLD), "abd"),
        (Filter(((Test(("data",), Kind.HAS, "ee"), Test((ID,), Kind.EQUAL, "f")),)), "af"),
        (Filter(((Test(("data",), Kind.FOLD, "e"),), (Test(("name",), Kind.HAS, "x"),))), "a"),
        (Filter(Filter().clauses), "abcdef"),
    ],
    ids=str,
)
async def test_what_passes(reader: RedisReader, raw: Any, wanted: Filter, expected: str) -> None:
    put(raw, COMPLETED, "a", 6, data='"Needle"', atm=3, name="x")
    put(raw, COMPLETED, "b", 5, data='"NEEDLE"')
    put(raw, COMPLETED, "c", 4, data='"Zeta@9"', attemptsMade=7, atm="-1.5")
    put(raw, COMPLETED, "d", 3, data="null", atm="many", failedReason="no needle")
    put(raw, COMPLETED, "e", 2, data="new", opts=None)
    place(raw, COMPLETED, "f", 1)  # no hash
    found = await looks(RedisFinder(reader.calls), Probe(MAIL, COMPLETED, wanted, DATA))
    assert "".join(ids(found)) == expected
    assert sum(look.examined for look in found) == 6


async def test_wants_are_cut_at_either_end(reader: RedisReader, raw: Any) -> None:
    put(raw, COMPLETED, "a", 1, data="é" * 5, stacktrace="über" * 4, failedReason="")
    wants = (Want("data", 5), Want("stacktrace", 4, tail=True), Want("failedReason"), Want("pb"), Want("name", 0))
    (look,) = await looks(RedisFinder(reader.calls), Probe(MAIL, COMPLETED, wants=wants))
    fields = {name: (field.text, field.size, field.cut) for name, field in look.found[0].raw.items()}
    assert fields == {
        "data": ("éé", 10, True),
        "stacktrace": ("ber", 20, True),
        "failedReason": ("", 0, False),
        "name": ("", 3, True),
    }


# --- what moves


async def test_the_member_that_one_is_behind_may_be_gone(reader: RedisReader, raw: Any) -> None:
    for number in range(30):
        put(raw, COMPLETED, f"{number:02}", number // 10)  # many of one score
    finder = RedisFinder(reader.calls)
    first = await finder.look(Probe(MAIL, COMPLETED, limit=15))
    assert first.spot is not None
    raw.zrem("bull:mail:completed", first.spot.member, "20", "03")
    rest = await finder.look(Probe(MAIL, COMPLETED, spot=first.spot))
    assert ids([rest]) == [f"{number:02}" for number in reversed(range(15)) if number != 3]
    raw.zadd("bull:mail:completed", {first.spot.member: 99})  # it moved to the front
    assert ids([await finder.look(Probe(MAIL, COMPLETED, spot=first.spot))]) == ids([rest])


async def test_new_ones_move_nothing(reader: RedisReader, raw: Any) -> None:
    finder = RedisFinder(reader.calls)
    for state in (COMPLETED, WAITING):
        for number in range(20):
            put(raw, state, f"{state}{number}", number)
        first = await finder.look(Probe(MAIL, state, limit=5))
        for number in range(20, 25):
            put(raw, state, f"{state}{number}", number)
        assert first.spot is not None
        rest = await finder.look(Probe(MAIL, state, spot=first.spot))
        assert ids([first, rest]) == [f"{state}{number}" for number in reversed(range(20))]
        assert rest.spot is None


async def test_in_a_list_what_workers_take_and_what_is_put_in_front_hides_nothing(
    reader: RedisReader, raw: Any
) -> None:
    for number in range(40):
        put(raw, WAITING, f"{number}")
    finder = RedisFinder(reader.calls)
    first = await finder.look(Probe(MAIL, WAITING, limit=10))
    assert first.spot is not None
    for _ in range(3):
        raw.rpop("bull:mail:wait")  # a worker takes the oldest
    put(raw, WAITING, "new")
    rest = ids([await finder.look(Probe(MAIL, WAITING, spot=first.spot))])
    assert rest[-27:] == [f"{number}" for number in reversed(range(3, 30))]
    assert set(rest[:-27]) <= set(ids([first]))
    raw.rpush("bull:mail:wait", "urgent1", "urgent2", "urgent3", "urgent4", "urgent5")
    rest = ids([await finder.look(Probe(MAIL, WAITING, spot=first.spot))])
    assert set(rest) >= {f"{number}" for number in range(3, 30)} | {f"urgent{number}" for number in range(1, 6)}

    raw.rpush("bull:mail:wait", *(f"later{number}" for number in range(1_500)))
    rest = ids([await finder.look(Probe(MAIL, WAITING, spot=first.spot, limit=300))])
    assert set(rest) >= {f"{number}" for number in range(3, 30)}


# --- strangers


async def test_markers_of_old_libraries_are_no_jobs(reader: RedisReader, raw: Any) -> None:
    for entry in ("0:1700000000000", "a", "b", "0:0", "c"):
        raw.rpush("bull:mail:wait", entry)
    raw.lpush("bull:mail:active", "0:0")
    finder = RedisFinder(reader.calls)
    for wanted in (Filter(), having("!=5", "atm", kind=Kind.NUMBER)):
        for limit in (1, 10):
            found = await looks(finder, Probe(MAIL, WAITING, wanted, limit=limit))
            assert ids(found) == ["a", "b", "c"]
            assert sum(look.examined for look in found) == 3
    (look,) = await looks(finder, Probe(MAIL, JobState.ACTIVE))
    assert (look.examined, look.total, look.spot) == (0, 0, None)


async def test_keys_of_other_programs_pass_for_no_hash(reader: RedisReader, raw: Any) -> None:
    kinds = {"text": raw.set, "list": raw.rpush, "set": raw.sadd}
    for name, make in kinds.items():
        make(f"bull:mail:{name}", "needle")
        place(raw, COMPLETED, name, 1)
    put(raw, COMPLETED, "job", 1, data="needle")
    finder = RedisFinder(reader.calls)
    for fields in (("data",), ("data", "name"), ("name", "data", "failedReason")):
        assert ids(await looks(finder, Probe(MAIL, COMPLETED, having("needle", *fields), DATA))) == ["job"]
    some = (*DATA, Want("name"), Want("opts"))
    (look,) = await looks(finder, Probe(MAIL, COMPLETED, wants=some))
    assert {one.id: bool(one.raw) for one in look.found} == {"text": False, "list": False, "set": False, "job": True}


async def test_a_state_of_another_type_is_told(reader: RedisReader, raw: Any) -> None:
    raw.set("bull:mail:completed", "mine")
    raw.set("bull:mail:wait", "mine")
    for state in (COMPLETED, WAITING):
        with pytest.raises(BulltuiError, match="another program") as caught:
            await RedisFinder(reader.calls).look(Probe(MAIL, state))
        assert caught.value.code == "wrong-type"


async def test_any_bytes(reader: RedisReader, raw: Any) -> None:
    queue = QueueRef("bu:ll", "ma\udcffil%*")
    key = b"bu:ll:ma\xffil%*"
    for number, job_id in enumerate((b"\xff\x00:1", b"%d[x", b"a" * 600)):
        raw.hset(key + b":" + job_id, mapping={b"data": b"\xfe\x00needle%", b"\xffield": b"1"})
        raw.zadd(key + b":completed", {job_id: number})
    finder = RedisFinder(reader.calls)
    for text in ("\udcfe\x00needle%", "\x00n", "%"):
        found = await looks(finder, Probe(queue, COMPLETED, having(text), (*DATA, Want("\udcffield")), limit=1))
        assert ids(found) == ["a" * 600, "%d[x", "\udcff\x00:1"]
        assert found[0].found[0].raw["\udcffield"].text == "1"


async def test_a_field_that_is_too_large_is_left_out_and_told(reader: RedisReader, raw: Any) -> None:
    large = "x" * READABLE + "needle"
    put(raw, COMPLETED, "large", 9, data=large, name="big")
    put(raw, COMPLETED, "small", 8, data="needle")
    finder = RedisFinder(reader.calls)
    (look,) = await looks(finder, Probe(MAIL, COMPLETED, having("needle"), DATA))
    assert (ids([look]), look.unread, look.examined) == (["small"], ("large",), 2)
    for fields in (("name", "data"), ("data", "name", "failedReason")):
        (look,) = await looks(finder, Probe(MAIL, COMPLETED, having("big", *fields), (*DATA, Want("name"))))
        assert (ids([look]), look.unread) == (["large"], ())
    data = look.found[0].raw["data"]
    assert (data.text, data.size, data.cut) == ("", len(large), True)
    settled = Filter(((Test(("data",), Kind.HAS, "needle"),), (Test(("name",), Kind.EQUAL, "job"),)))
    (look,) = await looks(finder, Probe(MAIL, COMPLETED, settled))
    assert (ids([look]), look.unread) == (["small"], ())
    (look,) = await looks(finder, Probe(MAIL, COMPLETED, having("", kind=Kind.PRESENT)))
    assert (ids([look]), look.unread) == (["large", "small"], ())


async def test_large_answers_come_in_several_calls(reader: RedisReader, raw: Any) -> None:
    for number in range(12):
        put(raw, COMPLETED, f"{number}", number, data="x" * 300_000)
    found = await looks(RedisFinder(reader.calls), Probe(MAIL, COMPLETED, having("x"), DATA))
    assert ids(found) == [f"{number}" for number in reversed(range(12))]
    assert all(sum(len(one.raw["data"].text) for one in look.found) <= 1_300_000 for look in found)
    assert all(not one.raw["data"].cut for look in found for one in look.found)


@pytest.mark.quiet
async def test_a_hash_of_very_many_fields_is_weighed_in_time(reader: RedisReader, raw: Any) -> None:
    pipe = raw.pipeline()
    for start in range(0, 100_000, 1000):
        pipe.hset("bull:mail:wide", mapping={f"f{start + n}": "x" * 70 for n in range(1000)})
    pipe.execute()
    put(raw, COMPLETED, "wide", 5, data="needle")
    raw.config_set("slowlog-log-slower-than", 10_000)
    raw.slowlog_reset()
    wants = (Want("data"), Want("name"), Want("opts"))
    found = await looks(RedisFinder(reader.calls), Probe(MAIL, COMPLETED, having("needle", "name", "data"), wants))
    assert ids(found) == ["wide"]
    assert raw.slowlog_get(10) == []


async def test_nothing_there(reader: RedisReader, raw: Any) -> None:
    for state in (COMPLETED, WAITING):
        (look,) = await looks(RedisFinder(reader.calls), Probe(MAIL, state, having("x"), DATA))
        assert (look.examined, look.total, look.found, look.spot) == (0, 0, (), None)


# --- ids


async def test_holders_have_a_hash_of_that_id(reader: RedisReader, raw: Any) -> None:
    refs = [QueueRef("bull", f"q{number}") for number in range(250)]
    for ref in refs[::50]:
        put(raw, COMPLETED, "42", 1, ref.key)
    raw.set("bull:q1:42", "no job")
    place(raw, COMPLETED, "42", 1, "bull:q2")
    raw.hset("bull:q3:meta", "version", "bullmq:5.0.0")
    finder = RedisFinder(reader.calls)
    assert await finder.holders(refs, "42") == refs[::50]
    assert await finder.holders(refs, "meta") == []
    assert await finder.holders([], "42") == []


async def test_a_look_may_take_longer_than_a_refresh(server: EmbeddedServer, raw: Any) -> None:
    put(raw, COMPLETED, "a", 1)
    async with reading(url_for(server), timeout_s=0.2) as reader:
        finder = RedisFinder(reader.calls)
        await finder.look(Probe(MAIL, COMPLETED))
        raw.client_pause(600)
        assert ids([await finder.look(Probe(MAIL, COMPLETED))]) == ["a"]
        raw.client_pause(600)
        with pytest.raises(UnreachableError):
            await reader.counts([MAIL])
        raw.client_unpause()
