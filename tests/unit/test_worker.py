"""Workers among the lines of CLIENT LIST."""

import base64
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bulltui.domain.queue import QueueRef
from bulltui.domain.worker import Client, assign, parse_client

MAIL = QueueRef("bull", "mail")
LINE = (
    "id=7 addr=10.0.0.5:51324 laddr=10.0.0.1:6379 fd=8 name=bull:bWFpbA== age=120 idle=3 flags=b db=0 sub=0 "
    "cmd=bzpopmin user=default lib-name=ioredis lib-ver=5.4.1"
)


def b64(name: str) -> str:
    return base64.b64encode(name.encode("utf-8", "surrogateescape")).decode()


def client(name: str, number: int = 1, command: str = "bzpopmin") -> Client:
    return Client(number, name, f"10.0.0.1:{number}", command=command)


def names(clients: list[Client], *refs: QueueRef) -> dict[QueueRef, list[str]]:
    return {ref: [worker.name for worker in found] for ref, found in assign(clients, refs).items()}


def test_a_line() -> None:
    expected = Client(
        7, "bull:bWFpbA==", "10.0.0.5:51324", age_s=120, idle_s=3, command="bzpopmin", library="ioredis 5.4.1"
    )
    assert parse_client(LINE) == replace(expected, blocked=True)
    busy = LINE.replace("flags=b db=0", "flags=N db=3")
    assert parse_client(busy) == replace(expected, database=3)
    assert parse_client("") is None
    assert parse_client("txt:") is None
    assert parse_client("id=² addr=x age=-5 idle=٣") == Client(0, "", "x")


@given(st.text())
def test_any_line(line: str) -> None:
    parse_client(line)
    parse_client(f"id=1 addr=x {line}")


def test_node() -> None:
    clients = [
        client(f"bull:{b64('mail')}"),
        client(f"bull:{b64('mail')}:w:one", 2),
        client(f"bull:{b64('mail')}:qe", 3),
    ]
    assert names(clients, MAIL) == {MAIL: ["", "one"]}


def test_python() -> None:
    assert names([client("bull:mail"), client("bull:mail:w:one", 2)], MAIL) == {MAIL: ["", "one"]}


def test_similar_names_are_told_apart() -> None:
    one, ten = QueueRef("bull", "queue-1"), QueueRef("bull", "queue-10")
    clients = [client(f"bull:{b64('queue-10')}"), client("bull:queue-10", 2), client(f"x:bull:{b64('queue-1')}", 3)]
    assert names(clients, one, ten) == {ten: ["", ""]}


def test_marks_within_names() -> None:
    odd = QueueRef("bull", "a:w:b")
    clients = [client("bull:a:w:b"), client("bull:a:w:b:w:me:w:too", 2), client(f"bull:{b64('a:w:b')}:w:x", 3)]
    assert sorted(names(clients, odd)[odd]) == ["", "me:w:too", "x"]


def test_every_colon_may_be_the_prefixs() -> None:
    ref = QueueRef("a:b", "c:d")
    forms = [f"a:{b64('b:c:d')}", f"a:b:{b64('c:d')}", f"a:b:c:{b64('d')}"]
    assert len(names([client(form, at) for at, form in enumerate(forms)], ref)[ref]) == 3


def test_names_of_all_kinds() -> None:
    for name in ("a b", "naïve", "👍", "ma\udcfel", "x" * 1000):
        ref = QueueRef("bull", name)
        assert names([client(f"bull:{b64(name)}")], ref) == {ref: [""]}


def test_nobody() -> None:
    assert assign([], [MAIL]) == {}
    assert assign([client(""), client("bull"), client("bull:")], [MAIL]) == {}
