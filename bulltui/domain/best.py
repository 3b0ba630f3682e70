"""The best of very many, by what each is worth, in bounded memory."""

from collections.abc import Iterable

Worth = float | str
"""Numbers come before texts."""


class Best:
    """Keeps the `most` names of the largest worth (the smallest, not `downwards`); those worth nothing come last."""

    def __init__(self, most: int, *, downwards: bool) -> None:
        self._most = most
        self._downwards = downwards
        self._kept: list[tuple[tuple[int, Worth], str]] = []
        self._without: dict[str, None] = {}
        self._known: set[str] = set()
        self._bound: tuple[int, Worth] | None = None
        self.dropped = False

    def __len__(self) -> int:
        return min(self._most, len(self._kept) + len(self._without))

    def add(self, items: Iterable[tuple[str, Worth | None]]) -> None:
        """Takes in names with what they are worth; one that is there already is left as it was."""
        for name, worth in items:
            if name in self._known:
                continue
            if worth is None:
                if len(self._without) < self._most:
                    self._without[name] = None
                    self._known.add(name)
                else:
                    self.dropped = True
                continue
            key = (1, worth) if isinstance(worth, str) else (0, worth)
            if self._bound is not None and not self._beats(key, self._bound):
                self.dropped = True
                continue
            self._kept.append((key, name))
            self._known.add(name)
            if len(self._kept) >= self._most + max(1_000, self._most // 4):
                self._cut()

    def _beats(self, one: tuple[int, Worth], other: tuple[int, Worth]) -> bool:
        return one > other if self._downwards else one < other

    def _cut(self) -> None:
        self._kept.sort(reverse=self._downwards)
        if len(self._kept) > self._most:
            self._known.difference_update(name for _, name in self._kept[self._most :])
            del self._kept[self._most :]
            self.dropped = True
            self._bound = self._kept[-1][0]

    @property
    def names(self) -> list[str]:
        """The best first."""
        self._cut()
        best = [name for _, name in self._kept]
        rest = list(self._without)[: self._most - len(best)]
        self.dropped = self.dropped or len(rest) < len(self._without)
        return best + rest
