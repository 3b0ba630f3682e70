"""What makes two errors the same."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bulltui.domain.fingerprint import NO_ERROR, NO_MESSAGE, fingerprint
from bulltui.domain.fingerprint_text import LONGEST, title_of
from tests.unit.strangers import HOSTILE

UUIDS = ("1b4e28ba-2fa1-41d2-883f-0016d3cca427", "FFFFFFFF-2FA1-41D2-883F-0016D3CCA427")

SAME: list[tuple[str, ...]] = [
    ("Order 12 not found", "Order 99831 not found", "Order 0 not found", "Order -7 not found"),
    (f"Job {UUIDS[0]} is gone", f"Job {UUIDS[1]} is gone", "Job 507f1f77bcf86cd799439011 is gone"),
    ("x V1StGXR8_Z5jdHi6B-myT", "x 01ARZ3NDEKTSV4RRFFQ69G5FAV", "x clx1a2b3c4d5e6f7g8h9i0j1k", "x 3fa9c0e1"),
    ("no charge ch_3MmlLrLkdIwHu7ix0uOz3kLd", "no charge ch_9QbXkPqRzTmNvCwYaLdHgFsE"),
    ("connect ECONNREFUSED 10.0.0.1:5432", "connect ECONNREFUSED ::1:6379", "connect ECONNREFUSED fd00::ab12:1:65535"),
    ("getaddrinfo ENOTFOUND api.a.com", "getaddrinfo ENOTFOUND redis-0", "getaddrinfo ENOTFOUND db.b.internal"),
    ("mail to ada@example.com bounced", "mail to x+y@mail.example.co.uk bounced"),
    ("cannot reach db1.prod.internal:5432", "cannot reach shard-2.eu.internal:5433"),
    ("failed: https://a.com/users/12/orders?x=1", "failed: https://b.org:8443/users/9/orders?y=2&z=3"),
    ("cannot read /var/data/a.csv", "cannot read /tmp/b", "cannot read C:\\data\\c.csv", "cannot read ../d/e.txt"),
    ("cannot read /mnt/My Files/a.pdf now", "cannot read /mnt/b.pdf now"),
    (
        "due 2025-11-01T12:00:00.000Z passed",
        "due 1999-01-31 23:59:59 passed",
        "due Sat, 01 Nov 2025 12:00:00 GMT passed",
    ),
    ("due Sat Nov 01 2025 12:00:00 GMT+0100 (Central European Standard Time)", "due 11/1/2025, 9:05:00 AM"),
    ("user 'ada' is locked", "user 'o'Neill' is locked", "user '' is locked"),
    ('key "a" missing', 'key "b \\" c" missing', 'key "a very long one indeed" missing'),
    ("Kunde „Ada“ fehlt", "Kunde „Bob & Söhne“ fehlt"),
    ("ids 1, 2, 3 are gone", "ids 4 are gone", "ids 5 and 6 are gone"),
    ('bad payload {"a":1}', 'bad payload {"b":{"c":[1,{"d":2}]}}', 'bad payload {"cut":{"of'),
    ("timeout of 30000ms exceeded", "timeout of 5ms exceeded"),
    ("script: 2c8193be8e76bacf1c822c5ab16440a7c2a61441", "script: 0000000000000000000000000000000000000000"),
    ("Unexpected token < in JSON at position 0", "Unexpected token u in JSON at position 17"),
    ("Expected values to be equal:\n\n1 !== 2\n", "Expected values to be equal:\n\n30 !== 4\n"),
    ("promo code 1234 is used up", "promo code 98 is used up"),
    ("\x1b[31mOrder 5\x1b[0m is odd", "Order 6 is odd"),
    ("answered <!DOCTYPE html><body>a</body>", "answered <html lang=en>\n<b>"),
    ("E11000 duplicate key: { a: 1 }", 'E11000 duplicate key: { a: "x", b: { c: 2 } }'),
]

DIFFERENT = [
    ("Request failed with status code 404", "Request failed with status code 500"),
    ("Response code 503 (Service Unavailable)", "Response code 502 (Bad Gateway)"),
    ("404 Not Found", "410 Gone"),
    ("cannot GET /x (404)", "cannot GET /x (503)"),
    ("HTTP 401", "HTTP 403"),
    ("connect ECONNREFUSED 1.2.3.4:5", "connect ETIMEDOUT 1.2.3.4:5"),
    ("failed, code: P2002", "failed, code: P2025"),
    ("P2002 at once", "P2025 at once"),
    ("SQLSTATE[23000]: no", "SQLSTATE[42S02]: no"),
    ("exit code 1", "exit code 137"),
    ('{"error":{"code":"not_found"}}', '{"error":{"code":"rate_limited"}}'),
    ("Cannot read properties of undefined (reading 'id')", "Cannot read properties of undefined (reading 'name')"),
    ('violates unique constraint "users_email_key"', 'violates unique constraint "orders_pkey"'),
    ("Invalid `prisma.a.create()` invocation:\n\n\nOne thing", "Invalid `prisma.a.create()` invocation:\n\n\nAnother"),
    ("Order 1 not found", "Order 1 not paid"),
]


def field(*traces: str) -> str:
    return json.dumps(traces)


def key(reason: str, stacktrace: str | None = None) -> str:
    return fingerprint(reason, stacktrace).key


@pytest.mark.parametrize("messages", SAME)
def test_what_varies_does_not_count(messages: tuple[str, ...]) -> None:
    assert len({title_of(message) for message in messages}) == 1, [title_of(message) for message in messages]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_tells_errors_apart_stays(one: str, other: str) -> None:
    assert key(one) != key(other)


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("user.profile.name is not a function", "user.profile.name is not a function"),
        ("getUserById failed in parseOptions", "getUserById failed in parseOptions"),
        ("can't find the user's order", "can't find the user's order"),
        (
            "GET https://api.a.com/v1/users/42?t=x failed: 404 Not Found",
            "GET https://<host>/v#/users/# failed: 404 Not Found",
        ),
        ("Missing key for job bull:pay:123. moveToFinished", "Missing key for job bull:pay:#. moveToFinished"),
        ("注文 42 が見つかりません", "注文 # が見つかりません"),
        ("Caused by :: write conflict", "Caused by :: write conflict"),
        (
            "\nInvalid `prisma.user.create()` invocation in\n/app/src/u.ts:1:2\n\n  9 \n"
            "→ 10   return prisma.user.create(\n"
            "Unique constraint failed on the fields: (`email`)",
            "Invalid `prisma.user.create()` invocation: Unique constraint failed on the fields: (`email`)",
        ),
        (
            json.dumps([{"code": "too_small", "path": ["a"], "message": "Too small: 3"}] * 2, indent=2),
            "[ too_small: Too small: # ]",
        ),
    ],
)
def test_titles_can_be_read(message: str, title: str) -> None:
    assert title_of(message) == title


class TestClass:
    def test_it_is_told_unless_it_says_nothing(self) -> None:
        assert fingerprint("x", field("TypeError: x\n    at a")).title == "TypeError: x"
        assert fingerprint("x", field("Error: x\n    at a")).title == "x"
        assert fingerprint("x", field("AxiosError: x")).key != fingerprint("x", field("TypeError: x")).key

    def test_of_what_has_a_code(self) -> None:
        found = fingerprint("is no URL", field("TypeError [ERR_INVALID_URL]: is no URL\n    at a"))
        assert found.title == "TypeError [ERR_INVALID_URL]: is no URL"

    def test_a_name_that_no_error_has_counts_if_the_message_follows(self) -> None:
        assert fingerprint("It is gone.", field("NoSuchKey: It is gone.\n    at a")).title == "NoSuchKey: It is gone."
        assert fingerprint("late: no", field("late: other\n    at a")).title == "late: no"

    def test_it_is_not_said_twice(self) -> None:
        assert fingerprint("ValidationError: no", field("ValidationError: ValidationError: no")).title.count("Val") == 1

    def test_of_python(self) -> None:
        trace = (
            'Traceback (most recent call last):\n  File "/a/src/b.py", line 1, in fetch\n    x\nhttp.ReadTimeout: x 5\n'
        )
        found = fingerprint("x 5", field(trace))
        assert (found.title, found.frame) == ("ReadTimeout: x #", "fetch (src/b.py)")


class TestFrame:
    TRACE = "Error: no\n    at g (/app/node_modules/a/b.js:1:1)\n    at charge (/app/src/pay.js:{}:{})"

    def test_it_is_part_of_the_key_without_line_and_column(self) -> None:
        assert key("no", field(self.TRACE.format(1, 2))) == key("no", field(self.TRACE.format(77, 8)))
        assert key("no", field(self.TRACE.format(1, 2))) != key(
            "no", field("Error: no\n    at pay (/app/src/b.js:1:1)")
        )
        assert fingerprint("no", field(self.TRACE.format(1, 2))).frame == "charge (src/pay.js)"

    def test_that_of_the_newest_trace(self) -> None:
        older = "Error: other\n    at older (/app/src/old.js:1:1)"
        assert fingerprint("no", field(older, self.TRACE.format(1, 1))).frame == "charge (src/pay.js)"


class TestNothingToGoBy:
    @pytest.mark.parametrize("stacktrace", [None, "", "[]", "null", "[null]", "{"])
    def test_no_message(self, stacktrace: str | None) -> None:
        assert fingerprint("", stacktrace).title in (NO_MESSAGE, "{")

    def test_an_error_without_a_message_has_its_class_and_place(self) -> None:
        found = fingerprint("", field("TypeError\n    at charge (/app/src/pay.js:1:1)"))
        assert (found.title, found.frame) == ("TypeError", "charge (src/pay.js)")
        assert fingerprint("", field("AggregateError [ECONNREFUSED]: \n    at a (node:net:1:1)")).title == (
            "AggregateError [ECONNREFUSED]"
        )

    def test_what_was_thrown_is_no_error(self) -> None:
        assert fingerprint("null", "[]").title == NO_ERROR
        assert fingerprint("undefined", None).title == NO_ERROR
        assert fingerprint("[object Object]", field("Error: [object Object]\n    at x")).title == "[object Object]"


def test_a_huge_message_costs_little() -> None:
    for huge in ("x" * 5_000_000, "{" * 1_000_000, '"' * 1_000_000, "a1" * 500_000, "1 " * 500_000, "/a" * 500_000):
        assert len(fingerprint(huge, field("Error: " + huge[:100_000])).title) <= LONGEST + 40


class TestProperties:
    ANY = st.one_of(
        st.text(max_size=200),
        st.sampled_from(HOSTILE),
        st.text(st.sampled_from("ab1 9'\"`{}[]():/.,<>#…-_@\n§x\udc80"), max_size=60),
        st.lists(st.sampled_from([word for same in SAME for one in same for word in one.split(" ")]), max_size=8).map(
            " ".join
        ),
    )

    @given(ANY, ANY)
    def test_it_never_raises(self, reason: str, stacktrace: str) -> None:
        found = fingerprint(reason, stacktrace)
        assert len(found.key) == 10
        assert found.title
        assert fingerprint(reason, field(stacktrace)).key

    @given(ANY)
    @example("ids 1, 2")
    def test_a_title_is_its_own_title(self, message: str) -> None:
        title = title_of(message)
        assert len(title) <= LONGEST
        assert title_of(title) == title

    @given(st.integers(0, 10**18), st.integers(0, 10**18), st.sampled_from(["Order {} not found", "at {}, {}", "x={}"]))
    def test_numbers_do_not_count(self, one: int, other: int, form: str) -> None:
        assert key(form.format(one, one)) == key(form.format(other, other))

    VALUES = st.tuples(
        st.uuids(),
        st.ip_addresses().filter(lambda address: str(address) != "::"),
        st.from_regex(r"[a-z0-9._+-]{1,12}@[a-z]{1,8}\.(com|org|de)", fullmatch=True),
    )

    @given(VALUES, VALUES)
    def test_values_do_not_count(self, one: tuple[object, ...], other: tuple[object, ...]) -> None:
        assert key("a {} b {} c {} d".format(*one)) == key("a {} b {} c {} d".format(*other))
