"""A set of names that takes 16 to 32 bytes each, whatever their length."""

from array import array
from hashlib import blake2b

DIGEST = 8
"""Bytes of a digest. Of a million names two have the same one with a probability of 3 in 100 million."""

_LEAST = 1024


def digest(name: bytes) -> int:
    """The digest of a name, never 0."""
    return int.from_bytes(blake2b(name, digest_size=DIGEST).digest(), "little") or 1


class Seen:
    """Digests, by open addressing: the place of a digest is told by itself, and 0 is an empty place."""

    def __init__(self) -> None:
        self._places = array("Q", bytes(DIGEST * _LEAST))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, one: int) -> bool:
        return self._places[self._place_of(one)] == one

    def add(self, one: int) -> bool:
        """Takes a digest; False where it was there."""
        place = self._place_of(one)
        if self._places[place] == one:
            return False
        self._places[place] = one
        self._count += 1
        if self._count * 2 > len(self._places):
            self._grow()
        return True

    def _place_of(self, one: int) -> int:
        places = self._places
        mask = len(places) - 1
        place = one & mask
        while places[place] not in (0, one):
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        before = self._places
        self._places = array("Q", bytes(DIGEST * 2 * len(before)))
        for one in before:
            if one:
                self._places[self._place_of(one)] = one
