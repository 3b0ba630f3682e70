"""Whether the layout of a queue is known well enough for an action, and which one the action goes by.

Where a job is put, how a pause is kept and how an idle worker is woken differ by layout, and the wrong choice loses
jobs (docs/bullmq-reference.md, section 0). BullMQ 5 and 6 put jobs into the same places unless the queue is paused, and
then the scripts go by the lists that are there, so either of them is good enough to enqueue.
"""

from bulltui.domain.actions import Need
from bulltui.domain.errors import NotAllowedError
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.queue import QueueRef
from bulltui.domain.text import visible

_NEW = {Layout.V5, Layout.V6}


def footing(ref: QueueRef, verdict: LayoutVerdict, need: Need, chosen: Layout | None = None) -> Layout:
    """The layout that an action on this queue goes by; `chosen` is what a person says it is.

    Raises NotAllowedError with the evidence where that is not known well enough, for Bull, and for BullMQ Pro.
    """
    name = visible(ref.shown)
    if verdict.sure and verdict.layout is Layout.BULL:
        raise NotAllowedError(
            f"{name} is a queue of Bull, not BullMQ: it can be looked at here, not changed.",
            hint="Bull keeps pauses and retries in its own way; use its own tools, or move the service to BullMQ.",
            code="layout",
        )
    could_be = set(verdict.could_be)
    if not could_be:
        raise NotAllowedError(
            f"{name} is kept in a way that is not known here ({'; '.join(map(visible, verdict.evidence))}).",
            hint="It can be looked at, not changed, so that nothing in it gets lost.",
            code="layout",
        )
    if chosen is not None:
        return chosen
    if len(could_be) == 1:
        return could_be.pop()
    if need is Need.ANY or (need is Need.ENQUEUE and could_be <= _NEW):
        return verdict.layout if verdict.layout in could_be else max(could_be)
    if could_be <= _NEW and verdict.layout in could_be:
        # A fleet of 5 and 6: what lies in the keys tells how it was paused before.
        return verdict.layout
    labels = " or ".join(one.label for one in sorted(could_be))
    why = "; ".join(map(visible, verdict.evidence))
    raise NotAllowedError(
        f"{name} may be of {labels} ({why}), and they do not fit each other here.",
        hint="Say which library serves it, for example `--layout v5`.",
        code="layout",
    )
