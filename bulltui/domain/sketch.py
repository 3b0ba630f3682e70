"""Durations kept so that any percentile of them, and of several of them together, is right within one percent.

A duration lies in a bucket of a logarithmic scale. Buckets add up, so the sketch of an hour is exactly that of its
minutes together, in whatever order they are put together.
"""

import math
import struct
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import accumulate, compress
from operator import sub

ACCURACY = 0.01
"""How far a percentile may be off, as a share of it."""

_GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
_LOG = math.log(_GAMMA)
_MIDDLE = 2 / (1 + _GAMMA)
LONGEST_MS = 10 * 365 * 86_400_000
"""Longer ones count as this long."""

_READY = (0.5, 0.95, 0.99)
"""Shares whose duration is kept with a packed sketch, since nearly all who look want these."""
_HEAD = struct.Struct("<4H")
"""The lowest bucket, and those of the shares that are kept ready, behind the first byte."""
_SIZE = struct.Struct("<H")
_PLANE = struct.Struct("<2H")
_CELL = 8
"""Bytes of a count in the wide form."""
_SMALL = 12
"""So many buckets are looked through at once: a head would only take room."""
_PAIRS = 64
"""In the first byte: what follows the head are pairs. A sketch without a head has no bit set there."""
_SQUEEZED = 128
"""In the first byte: what follows the head is compressed."""
_WORTH_IT = 120
_WINDOW = -12
_MOST = 1 << 20
_FAR = 255
"""A step between two buckets of a sparse sketch that goes on with the next one."""


def bucket_of(ms: float) -> int:
    """The bucket of a duration in ms; 0 holds those below 1 ms."""
    if not ms >= 1:
        return 0
    return math.ceil(math.log(min(ms, LONGEST_MS)) / _LOG) + 1


@cache
def middle_of(bucket: int) -> float:
    """The duration in ms that stands for those of a bucket."""
    return 0.0 if bucket <= 0 else _GAMMA ** (min(bucket, LAST) - 1) * _MIDDLE


LAST = bucket_of(LONGEST_MS)
"""The bucket of the longest durations."""


class Sketch:
    """How many durations fell into each bucket, by bucket, and the ms of all together. It never changes.

    It is held as it came: as counts, as the bytes it was `packed` into, or wide, which is one long number with a cell
    for each bucket. Wide ones are added like numbers, and packed ones tell the usual percentiles unopened: a chart of a
    day is made of thousands."""

    __slots__ = ("_counts", "_packed", "_sum_ms", "_sums", "_wide")

    _counts: tuple[tuple[int, int], ...] | None
    _packed: bytes | None
    _wide: tuple[int, int] | None
    _sums: tuple[Sequence[int], list[int]] | None
    _sum_ms: int | None

    def __init__(self, counts: tuple[tuple[int, int], ...] = (), sum_ms: int = 0) -> None:
        self._counts = counts
        self._packed = None
        self._wide = None
        self._sums = None
        self._sum_ms = sum_ms

    @property
    def sum_ms(self) -> int:
        """The ms of all durations together."""
        if self._sum_ms is None:
            self._sum_ms = _varint(self._packed or b"", _body(self._packed or b""))[0]
        return self._sum_ms

    @property
    def counts(self) -> tuple[tuple[int, int], ...]:
        """How many durations fell into each bucket, the lowest bucket first, those with any."""
        if self._counts is None:
            self._counts = tuple((bucket, count) for bucket, count in zip(*self._table(), strict=False) if count)
        return self._counts

    @property
    def total(self) -> int:
        """How many durations."""
        if self._packed and self._packed[0]:
            return _varint(self._packed, _varint(self._packed, _body(self._packed))[1])[0]
        return sum(self._table()[1])

    @property
    def mean_ms(self) -> float | None:
        """Their mean in ms, None of none."""
        total = self.total
        return self.sum_ms / total if total else None

    def quantile(self, share: float) -> float | None:
        """The duration in ms that `share` (0 to 1) of all do not exceed, None of none."""
        if not self:
            return None
        if self._packed and self._packed[0] and share in _READY:
            try:
                return middle_of(_HEAD.unpack_from(self._packed, 1)[1 + _READY.index(share)])
            except struct.error:
                raise ValueError("no sketch") from None
        if self._sums is None:
            buckets, counts = self._table()
            self._sums = buckets, list(accumulate(counts))
        buckets, sums = self._sums
        if not sums:
            raise ValueError("no sketch")
        return middle_of(buckets[_place(sums, share)])

    def packed(self) -> bytes:
        """As few bytes, the same for equal sketches; none of an empty one."""
        if self._packed is None:
            some = self._counts
            low = some[0][0] if some else 0
            if some and _is_sparse(len(some), some[-1][0] - low + 1) and max(count for _, count in some) < 256:
                self._packed = _sparse([one[0] for one in some], bytes(one[1] for one in some), self.sum_ms)
            else:
                self._packed = _packed(self)
        return self._packed

    def __bool__(self) -> bool:
        return bool(self._packed or self._counts or (self._wide and self._wide[1]))

    def __add__(self, other: "Sketch") -> "Sketch":
        return merged((self, other))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sketch):
            return NotImplemented
        return self.sum_ms == other.sum_ms and self.counts == other.counts

    def __hash__(self) -> int:
        return hash((self.sum_ms, self.counts))

    def __repr__(self) -> str:
        return f"Sketch({self.counts!r}, {self.sum_ms})"

    def _table(self) -> tuple[Sequence[int], Sequence[int]]:
        """Buckets and how many fell into each; some of these may be 0."""
        if self._counts is not None:
            return [bucket for bucket, _ in self._counts], [count for _, count in self._counts]
        if self._packed is not None and not (self._packed and self._packed[0] not in (0, _PAIRS)):
            steps, counts, low = _opened_sparse(self._packed)
            return list(accumulate(steps, initial=low))[1:], counts
        low, cells = self.wide()
        size = _size(cells)
        return range(low, low + size), struct.unpack(f"<{size}Q", cells.to_bytes(size * _CELL, "little"))

    def wide(self) -> tuple[int, int]:
        """The lowest bucket, and a number with the counts of it and those above in cells of 64 bits."""
        if self._wide is None:
            if not self._packed:
                self._wide = _widened(*self._table())
            else:
                self._wide = (
                    _widened_sparse(self._packed) if self._packed[0] in (0, _PAIRS) else _opened_dense(self._packed)
                )
        return self._wide


NONE = Sketch()


def sketch_of(durations_ms: Iterable[float]) -> Sketch:
    """The sketch of these durations in ms."""
    known = [max(0.0, ms) for ms in durations_ms]
    return Sketch(tuple(sorted(Counter(map(bucket_of, known)).items())), round(sum(known)))


def merged(sketches: Iterable[Sketch]) -> Sketch:
    """All of them together."""
    some = [one for one in sketches if one]
    if len(some) < 2:
        return some[0] if some else NONE
    wides = [one.wide() for one in some]
    low = min(first for first, _ in wides)
    cells = sum(number << ((first - low) * _CELL * 8) for first, number in wides)
    found = Sketch((), sum(one.sum_ms for one in some))
    found._counts, found._wide = None, (low, cells)
    return found


def unpacked(content: bytes | None) -> Sketch:
    """A sketch from its bytes, an empty one from none. Others raise ValueError, if only once they are looked into."""
    if not content:
        return NONE
    found = Sketch()
    found._counts, found._sum_ms, found._packed = None, None, content
    return found


def _size(cells: int) -> int:
    return -(-cells.bit_length() // (_CELL * 8))


def _place(sums: list[int], share: float) -> int:
    return min(bisect_left(sums, max(1, math.ceil(share * sums[-1]))), len(sums) - 1)


def _widened(buckets: Sequence[int], counts: Sequence[int]) -> tuple[int, int]:
    if not buckets:
        return 0, 0
    low = buckets[0]
    cells = [0] * (buckets[-1] - low + 1)
    for bucket, count in zip(buckets, counts, strict=True):
        cells[bucket - low] += count
    return low, int.from_bytes(struct.pack(f"<{len(cells)}Q", *cells), "little")


# --- packed: sparse ones are pairs of a step and a count, dense ones are planes of the bytes of all counts


def _is_sparse(number: int, size: int) -> bool:
    return 2 * number <= size + 11


def _packed(sketch: Sketch) -> bytes:
    low, cells = sketch.wide()
    size = _size(cells)
    if not size:
        return b""
    raw = cells.to_bytes(size * _CELL, "little")
    lows = raw[::_CELL]
    some = size - lows.count(0)
    if some == len(raw) - raw.count(0) and _is_sparse(some, size):  # no count takes more than a byte
        return _sparse(list(compress(range(low, low + size), lows)), lows.translate(None, b"\0"), sketch.sum_ms)
    counts = struct.unpack(f"<{size}Q", raw)
    number = (max(counts).bit_length() + 7) // 8
    sums = list(accumulate(counts))
    content = bytearray((number,))
    content += _HEAD.pack(low, *(low + _place(sums, share) for share in _READY)) + _SIZE.pack(size)
    _add_varint(content, sketch.sum_ms)
    _add_varint(content, sums[-1])
    content += lows
    for plane in range(1, number):
        high = raw[plane::_CELL].rstrip(b"\0")
        inner = high.lstrip(b"\0")
        content += _PLANE.pack(len(high) - len(inner), len(inner)) + inner
    return bytes(content)


def _sparse(buckets: list[int], counts: bytes, sum_ms: int) -> bytes:
    if len(buckets) > _SMALL:
        sums = list(accumulate(counts))
        content = bytearray((_PAIRS,))
        content += _HEAD.pack(buckets[0], *(buckets[_place(sums, share)] for share in _READY))
        _add_varint(content, sum_ms)
        _add_varint(content, sums[-1])
    else:
        content = bytearray(b"\0")
        content += _SIZE.pack(buckets[0])
        _add_varint(content, sum_ms)
    steps = [0, *map(sub, buckets[1:], buckets)]
    if max(steps) < _FAR:
        pairs = bytearray(2 * len(steps))
        pairs[::2], pairs[1::2] = bytes(steps), counts
        return bytes(content + pairs)
    for step, count in zip(steps, counts, strict=True):
        content += bytes((_FAR, 0)) * (step // _FAR) + bytes((step % _FAR, count))
    return bytes(content)


def _opened_sparse(content: bytes) -> tuple[bytes, bytes, int]:
    """Steps, counts, and the lowest bucket."""
    if not content:
        return b"", b"", 0
    at = _varint(content, _body(content))[1]
    if content[0]:
        at = _varint(content, at)[1]
    steps, counts = content[at::2], content[at + 1 :: 2]
    if not counts or len(steps) != len(counts):
        raise ValueError("no sketch")
    return steps, counts, int.from_bytes(content[1:3], "little")


def _body(content: bytes) -> int:
    """Where the numbers behind the head begin."""
    kind = content[0] if content else 0
    return 3 if not kind else 1 + _HEAD.size if kind == _PAIRS else 1 + _HEAD.size + _SIZE.size


def _widened_sparse(content: bytes) -> tuple[int, int]:
    steps, counts, low = _opened_sparse(content)
    raw = bytearray((sum(steps) + 1) * _CELL)
    at = 0
    for step, count in zip(steps, counts, strict=True):
        at += step * _CELL
        raw[at] = count
    return low, int.from_bytes(raw, "little")


def squeezed(content: bytes | None) -> bytes | None:
    """The same sketch in fewer bytes where that can be, for those that are kept long and looked into seldom."""
    if not content or not 0 < content[0] < _PAIRS or len(content) < _WORTH_IT:
        return content
    at = _varint(content, _varint(content, _body(content))[1])[1]
    packer = zlib.compressobj(6, zlib.DEFLATED, _WINDOW)
    less = packer.compress(content[at:]) + packer.flush()
    return bytes((content[0] | _SQUEEZED,)) + content[1:at] + less if len(less) + at < len(content) else content


def _opened_dense(content: bytes) -> tuple[int, int]:
    try:
        low, *_ = _HEAD.unpack_from(content, 1)
        (size,) = _SIZE.unpack_from(content, 1 + _HEAD.size)
        at = _varint(content, _varint(content, _body(content))[1])[1]
        raw = bytearray(size * _CELL)
        if content[0] & _SQUEEZED:
            content = content[:at] + zlib.decompressobj(_WINDOW).decompress(content[at:], _MOST)
        raw[::_CELL] = content[at : at + size]
        at += size
        for plane in range(1, content[0] & ~_SQUEEZED):
            start, length = _PLANE.unpack_from(content, at)
            at += _PLANE.size
            raw[start * _CELL + plane : (start + length) * _CELL : _CELL] = content[at : at + length]
            at += length
    except (IndexError, struct.error, zlib.error) as error:
        raise ValueError("no sketch") from error
    return low, int.from_bytes(raw, "little")


def _add_varint(content: bytearray, number: int) -> None:
    while number > 127:
        content.append(number & 127 | 128)
        number >>= 7
    content.append(number)


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """The number at a place, and the place behind it."""
    number = shift = 0
    while True:
        if at >= len(content):
            raise ValueError("no sketch")
        byte = content[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7
