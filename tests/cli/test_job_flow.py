"""`bulltui jobs flow`."""

import pytest

from bulltui.domain.flow import Bond, FlowNode, JobRef
from bulltui.domain.job import Dependencies
from bulltui.domain.states import JobState
from tests.cli.conftest import Run
from tests.cli.fakes import MAIL, PAYMENTS, Opened

ORDER = JobRef(PAYMENTS, "order")


@pytest.fixture
def _flow(opened: Opened) -> None:
    """An order with children of every kind, one of them with one of its own."""
    flows = opened.flows
    children = (
        FlowNode(JobRef(PAYMENTS, "2"), name="charge", state=JobState.FAILED, failed_reason="no money\nat all"),
        FlowNode(JobRef(MAIL, "3"), name="pack", state=JobState.WAITING_CHILDREN, children=Dependencies(unprocessed=1)),
        FlowNode(JobRef(MAIL, "4"), name="gift", state=JobState.FAILED, failed_reason="sold out"),
        FlowNode(JobRef(MAIL, "5"), name="mail", state=JobState.COMPLETED),
        FlowNode(JobRef(MAIL, "6"), missing=True),
    )
    bonds = (Bond.FAILED, Bond.UNPROCESSED, Bond.IGNORED, Bond.PROCESSED, Bond.PROCESSED)
    flows.bonds[ORDER] = [(bond, child.job) for bond, child in zip(bonds, children, strict=True)]
    for child in children:
        flows.jobs[child.job] = FlowNode(
            child.job, None, child.name, child.state, child.missing, child.failed_reason, child.children, ORDER
        )
    flows.jobs[ORDER] = FlowNode(
        ORDER, name="order", state=JobState.FAILED, children=Dependencies(1, 2, 1, 1), failed_reason="child failed"
    )
    box = JobRef(MAIL, "box")
    flows.bonds[JobRef(MAIL, "3")] = [(Bond.UNPROCESSED, box)]
    flows.jobs[box] = FlowNode(box, name="box", state=JobState.WAITING, parent=JobRef(MAIL, "3"))


@pytest.mark.usefixtures("_flow")
def test_the_tree_from_any_of_its_jobs(run: Run) -> None:
    assert run("jobs", "flow", "mail.bulk", "box").out.splitlines() == [
        "bull:payments  order  order  failed  2 of 5 done, 1 failed, 1 ignored  child failed",
        "├─ 2  charge  failed  no money",
        "├─ mail.bulk  3  pack  waiting-children  0 of 1 done",
        "│  └─ box  box  waiting  <- this one",
        "├─ mail.bulk  4  gift  failed  ignored  sold out",
        "├─ mail.bulk  5  mail  completed",
        "└─ mail.bulk  6  done and gone",
    ]


@pytest.mark.usefixtures("_flow")
def test_depth_and_width(run: Run) -> None:
    shown = run("jobs", "flow", "payments", "order", "--width", "2", "--depth", "1").out.splitlines()
    assert shown[1:] == [
        "├─ 2  charge  failed  no money",
        "├─ mail.bulk  3  pack  waiting-children  0 of 1 done",
        "└─ … 3 more",
    ]
    assert len(run("jobs", "flow", "payments", "order", "--depth", "0").out.splitlines()) > 1, "its own are shown"


@pytest.mark.usefixtures("_flow")
def test_as_a_document(run: Run) -> None:
    document = run("jobs", "flow", "mail.bulk", "box", "--width", "2", "-o", "json").json
    assert document | {"children": None} == {
        "queue": "payments",
        "prefix": "bull",
        "id": "order",
        "name": "order",
        "state": "failed",
        "missing": False,
        "hidden": False,
        "bond": None,
        "failedReason": "child failed",
        "counts": {"processed": 2, "unprocessed": 1, "failed": 1, "ignored": 1},
        "asked": False,
        "children": None,
        "left": 3,
    }
    first, second = document["children"]
    assert (first["id"], first["bond"], first["children"]) == ("2", "failed", [])
    assert second["children"][0]["id"] == "box"
    assert second["children"][0]["asked"]
    assert len(run("jobs", "flow", "mail.bulk", "box", "-o", "jsonl").out.splitlines()) == 1


def test_a_job_without_a_flow_and_no_job(run: Run, opened: Opened) -> None:
    opened.flows.jobs[JobRef(PAYMENTS, "1")] = FlowNode(JobRef(PAYMENTS, "1"), name="lone", state=JobState.WAITING)
    alone = run("jobs", "flow", "payments", "1")
    assert alone.out == "bull:payments  1  lone  waiting  <- this one\n"
    assert alone.err == "This job has neither a parent nor children.\n"
    missing = run("jobs", "flow", "payments", "nope")
    assert missing.code == 4
    assert "There is no job 'nope' in payments." in missing.err
    assert run("jobs", "flow", "payments", "1", "-o", "csv").code == 2


def test_a_circle_is_told(run: Run, opened: Opened) -> None:
    one, two = JobRef(PAYMENTS, "1"), JobRef(PAYMENTS, "2")
    for child, parent in ((one, two), (two, one)):
        opened.flows.jobs[child] = FlowNode(child, children=Dependencies(unprocessed=1), parent=parent)
        opened.flows.bonds[parent] = [(Bond.UNPROCESSED, child)]
    ended = run("jobs", "flow", "payments", "1")
    assert "stands above already, a circle" in ended.out
    assert "go round in a circle" in ended.err


def test_strangers_are_harmless(run: Run, opened: Opened) -> None:
    job = JobRef(PAYMENTS, "1")
    opened.flows.jobs[job] = FlowNode(
        job, name="\x1b[31m\u202ered", state=JobState.FAILED, failed_reason="\x1b]0;title\x07"
    )
    out = run("jobs", "flow", "payments", "1").out
    assert not {"\x1b", "\u202e", "\x07"} & set(out)


def test_a_parent_that_may_not_be_read_is_told(run: Run, opened: Opened) -> None:
    lone, above = JobRef(PAYMENTS, "1"), JobRef(MAIL, "root")
    opened.flows.jobs[lone] = FlowNode(lone, name="lone", state=JobState.WAITING, parent=above)
    opened.flows.jobs[above] = FlowNode(above, hidden=True)
    assert run("jobs", "flow", "payments", "1").out.splitlines() == [
        "bull:mail.bulk  root  may not be read by this user",
        "└─ payments  1  lone  waiting  <- this one",
    ]
    told = run("jobs", "flow", "payments", "1", "-o", "json").json
    assert (told["id"], told["state"], told["hidden"], told["missing"]) == ("root", None, True, False)
    assert [child["hidden"] for child in told["children"]] == [False]
