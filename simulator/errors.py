"""What goes wrong in the shop: families of errors as its Node services would report them, message and stack trace."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from . import payloads


@dataclass(frozen=True)
class Failure:
    """One error: `message` becomes the job's failedReason, `stack` an entry of its stack traces."""

    message: str
    stack: str
    fatal: bool
    """Whether retrying is pointless (BullMQ's UnrecoverableError)."""


@dataclass(frozen=True)
class Family:
    """Errors of one cause. In `message` the names of `_PLACES` in braces are drawn anew each time."""

    kind: str
    message: str
    frames: tuple[str, ...]
    fatal: bool = False
    weight: float = 1.0
    details: str = ""
    """Further lines below the frames, such as properties that `util.inspect` prints."""

    def draw(self, rng: Random) -> Failure:
        """An error of this family, the same for the same state of `rng`."""
        message = self.message.format_map(_Drawn(rng))
        stack = "\n".join([f"{self.kind}: {message}", *(f"    at {frame}" for frame in self.frames)])
        return Failure(message, stack + self.details, self.fatal)


_PLACES: Mapping[str, Callable[[Random], object]] = {
    "order": payloads.order_id,
    "sku": payloads.sku,
    "partner": lambda rng: rng.choice(payloads.PARTNERS),
    "ip": lambda rng: f"10.0.{rng.randint(0, 9)}.{rng.randint(2, 250)}",
    "ms": lambda rng: rng.choice((5000, 10_000, 30_000)),
    "mail": lambda rng: f"customer{rng.randint(1, 9999)}@mail.example",
    "pid": lambda rng: rng.randint(12_000, 32_000),
    "request": lambda rng: f"req_{payloads.token(rng, 14)}",
    "mb": lambda rng: rng.randint(480, 516),
}


class _Drawn(Mapping[str, object]):
    """Draws only the places that a message names."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def __getitem__(self, name: str) -> object:
        return _PLACES[name](self._rng)

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


_TICK = "process.processTicksAndRejections (node:internal/process/task_queues:95:5)"
_TIMER = (
    "listOnTimeout (node:internal/timers:581:17)",
    "process.processTimers (node:internal/timers:519:7)",
)
_WORKER = (
    "Worker.callProcessJob (/app/node_modules/bullmq/dist/cjs/classes/worker.js:142:21)",
    "Worker.processJob (/app/node_modules/bullmq/dist/cjs/classes/worker.js:394:39)",
    "/app/node_modules/bullmq/dist/cjs/classes/worker.js:196:40",
    "Worker.retryIfFailed (/app/node_modules/bullmq/dist/cjs/classes/worker.js:603:24)",
)
_AXIOS = (
    "settle (/app/node_modules/axios/lib/core/settle.js:19:12)",
    "IncomingMessage.handleStreamEnd (/app/node_modules/axios/lib/adapters/http.js:599:11)",
    "IncomingMessage.emit (node:events:530:35)",
    "endReadableNT (node:internal/streams/readable:1698:12)",
)

ACQUIRER_TIMEOUT = Family(
    "Error",
    "ETIMEDOUT while calling acquirer",
    (
        "Socket.onTimeout (/app/src/payments/acquirer.ts:88:13)",
        "Object.onceWrapper (node:events:632:28)",
        "Socket.emit (node:events:518:28)",
        "Socket._onTimeout (node:net:595:8)",
        *_TIMER,
    ),
    weight=4,
)
CARD_DECLINED = Family(
    "CardDeclinedError",
    "Your card was declined: insufficient_funds ({request})",
    (
        "StripeError.generate (/app/node_modules/stripe/cjs/Error.js:12:20)",
        "res.toJSON.then.Error_js_1.StripeAPIError.message (/app/node_modules/stripe/cjs/RequestSender.js:108:54)",
        _TICK,
        "async chargeCard (/app/src/payments/charge.ts:41:20)",
        "async processPayment (/app/src/payments/processor.ts:27:12)",
        *_WORKER,
    ),
    fatal=True,
    weight=2,
    details="\n  code: 'card_declined',\n  decline_code: 'insufficient_funds',\n  statusCode: 402",
)
BAD_AMOUNT = Family(
    "ValidationError",
    "amount must be positive",
    (
        "assertAmount (/app/src/payments/validate.ts:17:11)",
        "processRefund (/app/src/payments/refund.ts:22:3)",
        *_WORKER,
    ),
    fatal=True,
)
MAILBOX = Family(
    "Error",
    "550 5.1.1 <{mail}>: Recipient address rejected: User unknown",
    (
        "SMTPConnection._formatError (/app/node_modules/nodemailer/lib/smtp-connection/index.js:809:19)",
        "SMTPConnection._actionRCPT (/app/node_modules/nodemailer/lib/smtp-connection/index.js:1583:28)",
        "SMTPConnection._processResponse (/app/node_modules/nodemailer/lib/smtp-connection/index.js:993:20)",
        "TLSSocket.SMTPConnection._onSocketData (/app/node_modules/nodemailer/lib/smtp-connection/index.js:195:44)",
        "TLSSocket.emit (node:events:518:28)",
        "async sendMail (/app/src/mail/send.ts:34:18)",
    ),
    fatal=True,
)
SMTP_RESET = Family(
    "Error",
    "read ECONNRESET",
    ("TLSWrap.onStreamRead (node:internal/stream_base_commons:216:20)", "async sendMail (/app/src/mail/send.ts:34:18)"),
    weight=2,
    details="\n  errno: -104,\n  code: 'ECONNRESET',\n  syscall: 'read'",
)
NO_EMAIL = Family(
    "TypeError",
    "Cannot read properties of undefined (reading 'email')",
    ("renderTemplate (/app/src/mail/render.ts:58:31)", "async sendMail (/app/src/mail/send.ts:21:16)", _TICK, *_WORKER),
)
BAD_IMAGE = Family(
    "Error",
    "Input buffer contains unsupported image format",
    (
        "Sharp.toBuffer (/app/node_modules/sharp/lib/output.js:163:17)",
        "resizeAll (/app/src/images/resize.ts:52:8)",
        "async processImage (/app/src/images/processor.ts:19:5)",
        *_WORKER,
    ),
)
OUT_OF_MEMORY = Family(
    "Error",
    "Worker terminated due to reaching memory limit: JS heap out of memory ({mb} MB, pid {pid})",
    (
        "[kOnExit] (node:internal/worker:315:26)",
        "Worker.<computed>.onexit (node:internal/worker:229:20)",
    ),
    details="\n  code: 'ERR_WORKER_OUT_OF_MEMORY'",
)
PARTNER_503 = Family(
    "AxiosError",
    "Request failed with status code 503",
    (*_AXIOS, _TICK, "async deliver (/app/src/webhooks/deliver.ts:63:20)", *_WORKER),
    weight=3,
    details="\n  code: 'ERR_BAD_RESPONSE'",
)
PARTNER_REFUSED = Family(
    "Error",
    "connect ECONNREFUSED {ip}:443",
    (
        "TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)",
        "TCPConnectWrap.callbackTrampoline (node:internal/async_hooks:130:17)",
        "async deliver (/app/src/webhooks/deliver.ts:63:20)",
    ),
    weight=2,
)
PARTNER_CERT = Family(
    "Error",
    "certificate has expired ({partner})",
    (
        "TLSSocket.onConnectSecure (node:_tls_wrap:1679:34)",
        "TLSSocket.emit (node:events:518:28)",
        "TLSSocket._finishInit (node:_tls_wrap:1076:8)",
        "ssl.onhandshakedone (node:_tls_wrap:862:12)",
    ),
    details="\n  code: 'CERT_HAS_EXPIRED'",
)
HTML_FOR_JSON = Family(
    "SyntaxError",
    "Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
    (
        "JSON.parse (<anonymous>)",
        "parseJSONFromBytes (node:internal/deps/undici/undici:5738:19)",
        "successSteps (node:internal/deps/undici/undici:5719:27)",
        "fetchRate (/app/src/shipping/rates.ts:44:24)",
        _TICK,
    ),
)
CARRIER_LIMIT = Family(
    "RateLimitError",
    "429 Too Many Requests from carrier API ({request})",
    (
        "CarrierClient.request (/app/src/shipping/carrier.ts:101:13)",
        _TICK,
        "async createLabel (/app/src/shipping/label.ts:29:17)",
        *_WORKER,
    ),
    weight=2,
)
DEADLOCK = Family(
    "DatabaseError",
    "deadlock detected: process {pid} waits for ShareLock on transaction",
    (
        "Parser.parseErrorMessage (/app/node_modules/pg-protocol/dist/parser.js:285:98)",
        "Parser.handlePacket (/app/node_modules/pg-protocol/dist/parser.js:122:29)",
        "Socket.<anonymous> (/app/node_modules/pg-protocol/dist/index.js:11:42)",
        "async reserve (/app/src/inventory/reserve.ts:73:5)",
        *_WORKER,
    ),
    weight=2,
    details="\n  severity: 'ERROR',\n  code: '40P01',\n  routine: 'DeadLockReport'",
)
DUPLICATE = Family(
    "PrismaClientKnownRequestError",
    "Unique constraint failed on the fields: (`sku`) while importing {sku}",
    (
        "Gn.handleRequestError (/app/node_modules/@prisma/client/runtime/library.js:121:7753)",
        "Gn.request (/app/node_modules/@prisma/client/runtime/library.js:121:6863)",
        "async upsertProduct (/app/src/catalog/import.ts:137:9)",
        *_WORKER,
    ),
    details="\n  code: 'P2002',\n  clientVersion: '6.3.0'",
)
NO_ORDER = Family(
    "NotFoundError",
    "Order {order} does not exist",
    ("OrderRepository.get (/app/src/orders/repository.ts:31:13)", _TICK, *_WORKER),
)
NAVIGATION = Family(
    "TimeoutError",
    "Navigation timeout of {ms} ms exceeded",
    (
        "LifecycleWatcher.<anonymous> (/app/node_modules/puppeteer-core/src/cdp/LifecycleWatcher.ts:143:22)",
        "Timeout.<anonymous> (/app/node_modules/puppeteer-core/src/common/TimeoutSettings.ts:30:5)",
        "async renderPdf (/app/src/invoices/pdf.ts:46:3)",
        *_TIMER,
    ),
)
BAD_DATE = Family(
    "RangeError",
    "Invalid time value",
    (
        "Date.toISOString (<anonymous>)",
        "monthRange (/app/src/reports/period.ts:12:26)",
        "buildReport (/app/src/reports/build.ts:30:18)",
        *_WORKER,
    ),
)
INDEX_REJECTED = Family(
    "ResponseError",
    "es_rejected_execution_exception: rejected execution of coordinating operation",
    (
        "SniffingTransport._request (/app/node_modules/@elastic/transport/lib/Transport.js:543:27)",
        _TICK,
        "async indexBatch (/app/src/search/indexer.ts:88:5)",
    ),
)
STALLED = Family(
    "UnrecoverableError",
    "job stalled more than allowable limit",
    ("Worker.moveStalledJobsToWait (/app/node_modules/bullmq/dist/cjs/classes/worker.js:688:27)", _TICK),
    fatal=True,
)
