"""The shop itself: what each queue holds, how fast jobs come, how long they run, how they fail."""

from dataclasses import replace
from random import Random

from . import errors as e
from . import payloads as p
from .model import Fill, Kind, Node, QueueSpec, Schedule

FLOWS = (
    Node(
        "orders",
        "fulfil-order",
        (
            Node("payments", "charge", options={"failParentOnFailure": True}),
            Node("inventory", "reserve", options={"failParentOnFailure": True}),
            Node("shipping", "create-label"),
            Node("emails", "order-confirmation", options={"ignoreDependencyOnFailure": True}),
        ),
    ),
    Node(
        "catalog",
        "publish-product",
        (
            Node(
                "images",
                "build-gallery",
                tuple(
                    Node("images", kind, options={"ignoreDependencyOnFailure": True})
                    for kind in ("resize", "watermark")
                ),
            ),
            Node("search-index", "index-product", options={"removeDependencyOnFailure": True}),
        ),
    ),
)

_CHARGE = ("contacting acquirer", "3-D Secure passed", "captured")
_PAGES = ("collecting orders", "grouping by country", "computing tax", "writing sheet", "uploading")
_SIZES = ("decoded original", "wrote 320", "wrote 640", "wrote 1280", "wrote 2560")

SHOP: tuple[QueueSpec, ...] = (
    QueueSpec(
        "orders",
        (Kind("fulfil-order", p.order, p.counted, 1, (0.2, 1.2)), Kind("cancel-order", p.order, p.counted, 0.2)),
        Fill(waiting=7, active=2, delayed=3, completed=240, failed=9),
        traffic=1.5, families=(e.NO_ORDER, e.DEADLOCK),
        doomed=0.02, flaky=0.04, workers=("orders-1", "orders-2"), delays=(60_000, 300_000),
    ),
    QueueSpec(
        "payments",
        (
            Kind("charge", p.charge, p.charged, 6, (0.3, 2.5), _CHARGE),
            Kind("refund", p.refund, p.charged, 1, (0.2, 1.0)),
            Kind("payout", p.refund, p.charged, 0.3, (0.5, 2.0)),
        ),
        Fill(waiting=34, active=6, prioritized=5, delayed=12, completed=420, failed=31),
        traffic=2.0, families=(e.ACQUIRER_TIMEOUT, e.CARD_DECLINED, e.BAD_AMOUNT),
        doomed=0.06, flaky=0.08, attempts=3, backoff=2000,
        workers=("pay-eu-1", "pay-eu-2"),
    ),
    QueueSpec(
        "emails",
        (
            Kind("order-confirmation", p.mail("order-confirmation"), p.sent, 4, (0.05, 0.3)),
            Kind("shipping-notice", p.mail("shipping-notice"), p.sent, 3, (0.05, 0.3)),
            Kind("password-reset", p.mail("password-reset"), p.sent, 1, (0.05, 0.2)),
            Kind("review-request", p.mail("review-request"), p.sent, 1, (0.05, 0.3)),
        ),
        Fill(waiting=18, active=3, prioritized=4, delayed=40, completed=600, failed=14),
        traffic=4.0, families=(e.SMTP_RESET, e.MAILBOX, e.NO_EMAIL),
        doomed=0.02, flaky=0.05, attempts=5, priorities=(1, 5, 10),
        delays=(30_000, 120_000, 86_400_000), workers=("mailer-1", "mailer-2"),
    ),
    QueueSpec(
        "webhooks",
        (Kind("deliver", p.webhook, p.delivered, 1, (0.1, 1.5)),),
        Fill(waiting=52, active=4, delayed=22, completed=380, failed=46),
        traffic=3.0, families=(e.PARTNER_503, e.PARTNER_REFUSED, e.PARTNER_CERT),
        doomed=0.09, flaky=0.15, attempts=6, backoff=2000, workers=("hooks-1",),
    ),
    QueueSpec(
        "images",
        (
            Kind("resize", p.image, p.stored, 5, (1.0, 5.0), _SIZES),
            Kind("watermark", p.image, p.stored, 2, (0.5, 2.0)),
            Kind("build-gallery", p.image, p.stored, 0.5, (0.3, 0.8)),
        ),
        Fill(waiting=86, active=5, completed=310, failed=18),
        traffic=1.0, families=(e.BAD_IMAGE, e.OUT_OF_MEMORY),
        doomed=0.04, flaky=0.05, attempts=2, workers=("gpu-a", "gpu-b"),
    ),
    QueueSpec(
        "reports",
        (
            Kind("monthly-sales", p.report, p.stored, 2, (4.0, 12.0), _PAGES, rich_progress=True),
            Kind("tax-export", p.report, p.stored, 1, (2.0, 8.0), _PAGES),
        ),
        Fill(waiting=6, active=2, delayed=2, completed=64, failed=7),
        traffic=0.2, families=(e.BAD_DATE,), doomed=0.06, flaky=0.02, attempts=2, workers=("reports-1",), concurrency=3,
        schedules=(Schedule("nightly-sales", "monthly-sales", pattern="0 3 * * *"),),
    ),
    QueueSpec(
        "search-index",
        (
            Kind("index-product", p.product, p.null, 9, (0.02, 0.12)),
            Kind("reindex-category", p.category, p.counted, 1, (0.5, 2.0)),
        ),
        Fill(waiting=120, active=4, completed=700, failed=6),
        traffic=6.0, families=(e.INDEX_REJECTED,),
        doomed=0.005, flaky=0.03, attempts=4, deduplicates=True, workers=("search-1", "search-2"),
    ),
    QueueSpec(
        "inventory",
        (Kind("reserve", p.stock, p.counted, 3, (0.05, 0.4)), Kind("sync-stock", p.stock, p.counted, 1, (0.3, 1.5))),
        Fill(waiting=9, active=1, completed=330, failed=12),
        traffic=2.0, families=(e.DEADLOCK,), doomed=0.02, flaky=0.08, attempts=4, backoff=500, workers=("stock-1",),
        schedules=(Schedule("stock-sync", "sync-stock", every=60_000),),
    ),
    QueueSpec(
        "shipping",
        (
            Kind("create-label", p.parcel, p.labelled, 3, (0.3, 1.6)),
            Kind("track-parcel", p.parcel, p.delivered, 2, (0.1, 0.6)),
        ),
        Fill(waiting=21, active=2, delayed=17, completed=290, failed=16),
        traffic=1.5, families=(e.CARRIER_LIMIT, e.HTML_FOR_JSON),
        doomed=0.03, flaky=0.1, attempts=5, delays=(60_000, 600_000), workers=("ship-1",),
    ),
    QueueSpec(
        "notifications.sms",
        (Kind("send-sms", p.sms, p.sent, 1, (0.05, 0.2)),),
        Fill(waiting=140, active=1, completed=210, failed=4),
        traffic=1.2, families=(e.CARRIER_LIMIT,), doomed=0.01, flaky=0.02, workers=("sms-1",), limit=(1, 2000),
    ),
    QueueSpec(
        "notifications.push",
        (Kind("send-push", p.push, p.null, 1, (0.02, 0.1)),),
        Fill(waiting=11, active=2, completed=450, failed=3),
        traffic=3.0, families=(e.PARTNER_503,), doomed=0.005, flaky=0.02, workers=("push-1",),
    ),
    QueueSpec(
        "newsletter",
        (Kind("send-issue", p.mail("send-issue"), p.sent, 1, (0.05, 0.3)),),
        Fill(waiting=880, completed=150, failed=5),
        traffic=0.4, families=(e.MAILBOX,), doomed=0.02, flaky=0.02, workers=("mailer-bulk",), paused=True,
    ),
    QueueSpec(
        "fraud-check",
        (Kind("score-order", p.score, p.scored, 1, (0.2, 1.0)),),
        Fill(active=2, prioritized=63, completed=260, failed=5),
        traffic=1.2, families=(e.HTML_FOR_JSON,),
        doomed=0.01, flaky=0.03, priorities=(1, 2, 3, 10, 50), workers=("fraud-1",),
    ),
    QueueSpec(
        "invoices",
        (Kind("render-pdf", p.invoice, p.stored, 1, (0.8, 3.0), ("opened template", "rendered", "stored")),),
        Fill(waiting=13, active=2, completed=170, failed=11),
        traffic=0.6, families=(e.NAVIGATION, e.NO_ORDER),
        doomed=0.05, flaky=0.06, attempts=3, workers=("pdf-1",), concurrency=2,
    ),
    QueueSpec(
        "catalog",
        (
            Kind("publish-product", p.product, p.counted, 2, (0.1, 0.5)),
            Kind("import-feed", p.feed, p.counted, 1, (1.0, 6.0), ("validated", "upserted half", "upserted all")),
        ),
        Fill(waiting=5, active=1, completed=60, failed=6),
        traffic=0.3, families=(e.DUPLICATE,), doomed=0.08, flaky=0.02, attempts=2, workers=("catalog-1",), keep=100,
        schedules=(Schedule("supplier-feeds", "import-feed", pattern="*/15 * * * *"),),
    ),
    QueueSpec(
        "analytics",
        (
            Kind("ingest-visits", p.visit_batch, p.counted, 1, (0.02, 0.2)),
            Kind("hourly-rollup", p.nothing, p.counted, 0.05),
        ),
        Fill(waiting=44, active=1, completed=520, failed=1),
        traffic=3.0, families=(e.INDEX_REJECTED,), doomed=0.002, flaky=0.01, workers=("analytics-1",),
        schedules=(
            Schedule("rollup", "hourly-rollup", every=30_000),
            Schedule("monthly-close", "hourly-rollup", pattern="0 0 1 * *"),
        ),
    ),
    QueueSpec(
        "maintenance",
        (Kind("expire-carts", p.nothing, p.counted), Kind("vacuum-sessions", p.nothing, p.counted)),
        Fill(completed=40, failed=2),
        traffic=0.0, families=(e.STALLED,), workers=("cron-1",),
        schedules=(
            Schedule("carts", "expire-carts", every=20_000),
            Schedule("sessions", "vacuum-sessions", pattern="30 4 * * 0"),
        ),
    ),
    QueueSpec(
        "crm-sync",  # nobody serves it: its worker was forgotten in the last deployment
        (Kind("upsert-contact", p.contact, p.null),),
        Fill(waiting=260, completed=18, failed=4),
        traffic=0.3, families=(e.PARTNER_REFUSED,),
    ),
    QueueSpec(
        "legacy.exports",  # of a service that still runs BullMQ 5, paused by its rename of the list
        (Kind("export-orders", p.report, p.stored),),
        Fill(waiting=37, prioritized=2, delayed=3, completed=55, failed=8),
        traffic=0.0, families=(e.BAD_DATE, e.OUT_OF_MEMORY), paused=True, version="bullmq:5.81.5",
    ),
)  # fmt: skip

_TENANT_PARTS = ("emails", "orders", "exports", "webhooks", "sync")


def tenant(number: int) -> QueueSpec:
    """The queue of one of the shop's many small tenants, such as `tenant-0042.emails`."""
    part = _TENANT_PARTS[number % len(_TENANT_PARTS)]
    rng = Random(number)
    model = SHOP[2] if part == "emails" else SHOP[0] if part == "orders" else SHOP[3] if part == "webhooks" else SHOP[7]
    quiet = number % 3 == 0
    fill = Fill(
        waiting=0 if quiet else rng.randint(0, 12), completed=rng.randint(0, 14), failed=rng.choice((0, 0, 0, 1, 3))
    )
    return replace(
        model,
        name=f"tenant-{number:04}.{part}",
        fill=fill,
        traffic=2.0 / (number + 10),
        workers=(),
        by_turns=True,
        schedules=(),
        delays=(),
    )


def queues(count: int | None = None) -> tuple[QueueSpec, ...]:
    """The shop's own queues, or `count` of them, or all and as many tenants' queues as make `count`."""
    if count is None:
        return SHOP
    return SHOP[:count] + tuple(tenant(number) for number in range(1, count - len(SHOP) + 1))


def flows(specs: tuple[QueueSpec, ...]) -> tuple[Node, ...]:
    """The flows whose queues are all among `specs`."""
    names = {spec.name for spec in specs}
    return tuple(flow for flow in FLOWS if flow.queues() <= names)
