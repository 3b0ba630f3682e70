"""What Redis and the network answer, as sentences for people."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from redis import exceptions as redis_errors

from bulltui.domain.errors import BulltuiError
from bulltui.store.answers import about_keys, about_rights, answer_error, lacks_basics, not_permitted, wants_tls
from bulltui.store.credentials import ToldError
from bulltui.store.net_errors import network_error, no_tls
from bulltui.store.second_look import NoTlsError, WantsTlsError

__all__ = ["about_keys", "about_rights", "explain", "explained", "lacks_basics", "not_permitted"]


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def explain(error: BaseException, address: str, *, tls: bool | None = None) -> BulltuiError:
    """The sentence, the next step and the exit code for an error of redis-py or the network at `address`, with TLS or
    without, which the scheme tells where it is not said."""
    with_tls = address.startswith("rediss") if tls is None else tls
    causes = list(_causes(error))
    # What a second look found out stands behind the error that it explains.
    for cause in sorted(causes, key=lambda one: not isinstance(one, WantsTlsError | NoTlsError | ssl.SSLError)):
        told = _told(cause, address, tls=with_tls)
        if told is not None:
            return told
    return answer_error(error, address, tls=with_tls)


def _told(cause: BaseException, address: str, *, tls: bool) -> BulltuiError | None:
    if isinstance(cause, ToldError):
        return cause.told
    if isinstance(cause, WantsTlsError):
        return wants_tls(address)
    if isinstance(cause, NoTlsError):
        return no_tls(address, "it answers without")
    return network_error(cause, address, tls=tls)


@contextmanager
def explained(address: str) -> Iterator[None]:
    """Turns errors of redis-py and the network in the block into BulltuiErrors."""
    try:
        yield
    except (redis_errors.RedisError, OSError, ValueError) as error:
        raise explain(error, address) from error
