"""Stack traces: the newest one of a field, and the frame of one's own code."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulltui.domain.frames import FrameKind, classify, last_trace, own_frame


class TestOwnFrame:
    @pytest.mark.parametrize(
        ("line", "frame"),
        [
            ("at charge (/srv/app/releases/20251101/src/pay.ts:8:13)", "charge (src/pay.ts)"),
            ("at async Orders.charge (/srv/x/releases/2025-11-01T10-11-12/src/o.ts:8:13)", "Orders.charge (src/o.ts)"),
            ("at /app/dist/worker.js:1:2", "dist/worker.js"),
            ("at Object.<anonymous> (C:\\Users\\bob\\app\\src\\x.js:1:2)", "src/x.js"),
            ("at async file:///app/worker.mjs:3:4", "app/worker.mjs"),
            ("at t.default (/app/.next/server/chunks/8123.js:1:2333)", "default (server/chunks/#.js)"),
            ("at e.exports.x (/app/dist/main.7f3c2a1b.js:1:23445)", "dist/main.#.js"),
            ("at pay (/app/dist/chunk-ABCD1234.mjs:1:2)", "pay (dist/chunk-#.mjs)"),
            ("at pay (/app/dist/chunk-2DFXLQAT.mjs:1:2)", "pay (dist/chunk-#.mjs)"),
            ("at new Foo (webpack://shop/./src/foo.ts:1:2)", "new Foo (src/foo.ts)"),
            ("at Foo.bar [as baz] (webpack-internal:///(rsc)/./src/foo.ts:1:2)", "Foo.bar (src/foo.ts)"),
            ("at run (/opt/pay-1.2.3/dist/jobs/a.js:1:1)", "run (dist/jobs/a.js)"),
            ("at run (/opt/my app (copy)/lib/a.js:1:1)", "run (lib/a.js)"),
        ],
    )
    def test_what_stays_of_it(self, line: str, frame: str) -> None:
        assert own_frame(f"Error: x\n    {line}") == frame

    @pytest.mark.parametrize(
        "line",
        [
            "at async Promise.all (index 3)",
            "at JSON.parse (<anonymous>)",
            "at eval (eval at <anonymous> (/app/x.js:1:1), <anonymous>:1:1)",
            "at processTicksAndRejections (node:internal/process/task_queues:95:5)",
            "at Socket.emit (events.js:400:28)",
            "at TCPConnectWrap.afterConnect [as oncomplete] (net.js:1159:16)",
            "at process (internal/process/task_queues.js:95:5)",
            "at x (/app/node_modules/.pnpm/axios@1.7.2/node_modules/axios/dist/axios.cjs:1:1)",
            "at x (C:\\app\\node_modules\\axios\\index.js:1:1)",
            "at x (/app/.yarn/cache/axios-npm-1.2.zip/axios/index.js:1:1)",
            "at new Promise (<anonymous>)",
            "at wasm://wasm/0002:1",
            'File "/app/.venv/lib/python3.11/site-packages/bullmq/worker.py", line 226, in process',
        ],
    )
    def test_libraries_are_passed_over(self, line: str) -> None:
        own = "    at mine (/app/src/mine.js:1:2)" if line.startswith("at") else ""
        assert own_frame(f"Error: x\n    {line}\n{own}") == ("mine (src/mine.js)" if own else "")

    def test_line_column_and_folder_do_not_count(self) -> None:
        places = ["/srv/a/releases/1/src/x.js:1:2", "/srv/a/releases/22/src/x.js:333:44", "C:\\a\\src\\x.js:9:9"]
        assert len({own_frame(f"Error\n    at f ({place})") for place in places}) == 1

    def test_the_folder_of_the_libraries_is_that_of_the_program(self) -> None:
        found = {
            own_frame(f"E\n    at x ({root}/node_modules/a/i.js:1:1)\n    at load ({root}/jobs/x.js:1:1)")
            for root in ("/app", "/usr/src/shop", "file:///home/deploy/a/b/c", "C:\\x")
        }
        assert found == {"load (jobs/x.js)"}

    def test_python_writes_the_nearest_frame_last_and_the_last_error_below(self) -> None:
        trace = (
            'Traceback (most recent call last):\n  File "/app/src/a.py", line 1, in first\n    x()\nKeyError: 1\n\n'
            "During handling of the above exception, another exception occurred:\n\n"
            'Traceback (most recent call last):\n  File "/app/src/a.py", line 1, in outer\n    x()\n'
            '  File "/app/src/b.py", line 2, in inner\n    y()\nValueError: no\n'
        )
        assert own_frame(trace) == "inner (src/b.py)"

    def test_none_of_ones_own(self) -> None:
        assert own_frame("") == ""
        assert own_frame("Error: no frames at all (here)") == ""

    @given(st.text(max_size=300))
    def test_it_never_raises(self, text: str) -> None:
        own_frame(text)
        own_frame(f"Error\n    at {text}")
        own_frame(f'Traceback (most recent call last):\n  File "{text}')
        classify(f"x\n    at {text}")


class TestLastTrace:
    @given(st.lists(st.text(), max_size=5))
    def test_the_last_text_of_the_array(self, traces: list[str]) -> None:
        field = json.dumps(traces)
        assert last_trace(field) == (traces[-1] if traces else "")
        assert last_trace(json.dumps(traces, ensure_ascii=False)) == (traces[-1] if traces else "")

    @given(st.lists(st.text(), min_size=1, max_size=3), st.integers(0, 200))
    def test_its_end_is_enough(self, traces: list[str], missing: int) -> None:
        field = json.dumps(traces)
        found = last_trace(field[missing:])
        if missing <= len(field) - len(json.dumps(traces[-1])) - 1:
            assert found == traces[-1]

    @given(st.text(), st.integers(0, 100), st.integers(0, 100))
    def test_cut_at_either_end_it_never_raises(self, text: str, start: int, end: int) -> None:
        field = json.dumps(["first", text])
        last_trace(field[start : len(field) - end])
        last_trace(text)

    def test_what_is_no_array_is_a_trace(self) -> None:
        assert last_trace("Error: old\n    at x (/a/b.js:1:1)").startswith("Error: old")
        assert last_trace("null") == ""
        assert last_trace("[]") == ""

    def test_only_the_start_is_there(self) -> None:
        assert last_trace('["Error: a", "Error: b\\n  at') == "Error: b\n  at"


def test_frames_are_told_from_messages() -> None:
    kinds = [kind for kind, _ in classify("Error: x\n    at f (/a.js:1:1)\n    at g (node:net:1:1)\n  {\n")]
    assert kinds == [FrameKind.MESSAGE, FrameKind.OWN, FrameKind.LIBRARY, FrameKind.MESSAGE]
