"""Regular expressions that take a time that only grows with the text: no pattern and no text can hang the search.

A pattern is turned into nodes; where one can be at the same time is a state, found out once for each character that
comes and remembered."""

from dataclasses import dataclass
from functools import lru_cache

from bulltui.domain.query.folding import fold, spellings
from bulltui.domain.query.needles import Needle
from bulltui.domain.query.regex_tree import Choice, Edge, RegexError, Repeat, Row, Signs, Tree, is_word, literal, read

MOST_NODES = 250
"""How large a pattern may become when its repeats are written out."""

MOST_REMEMBERED = 20_000
"""Steps from a state by a character that are remembered."""

MOST_STEPS = 20_000
"""Steps that are new in one text, about 1 s of them in the worst case. A text in which a pattern needs more, a few MB
and a pattern made for that, does not have it."""


@dataclass(frozen=True, slots=True)
class _Node:
    """A character to take (`signs`), an edge to be at, or neither; then any of `next`."""

    next: tuple[int, ...]
    signs: Signs | None = None
    edge: str = ""


class _State:
    """Where one can be behind a character, before the next is known. `start` is the start of the text."""

    __slots__ = ("moves", "places", "start", "word")

    def __init__(self, places: frozenset[int], *, start: bool, word: bool) -> None:
        self.places = places
        self.start = start
        self.word = word
        self.moves: dict[str, _State | None] = {}


class Regex:
    """A pattern to be found. `needle` is a text that stands wherever the pattern does, maybe an empty one."""

    def __init__(self, pattern: str, *, ignore_case: bool = False) -> None:
        tree = read(pattern)
        self._ignore_case = ignore_case
        self._nodes: list[_Node] = [_Node(())]  # the end
        self._first = self._build(tree, 0)
        self._forget()
        self.needle = Needle.of(literal(tree), exact=not ignore_case)

    @staticmethod
    @lru_cache(maxsize=64)
    def of(pattern: str, *, ignore_case: bool = False) -> "Regex":
        """A pattern, understood once. Raises RegexError."""
        return Regex(pattern, ignore_case=ignore_case)

    def found(self, text: str) -> bool:
        """Whether it is somewhere in the text."""
        if not self.needle.within(text):
            return False
        state, steps = self._start, 0
        for sign in text:
            moves = state.moves
            if sign in moves:
                after = moves[sign]
            else:
                steps += 1
                if steps > MOST_STEPS:
                    return False
                after = moves[sign] = self._step(state, sign)
            if after is None:
                return True
            state = after
        return 0 in self._reach(state, word=False, end=True)

    def _node(self, node: _Node) -> int:
        if len(self._nodes) >= MOST_NODES:
            raise RegexError("This pattern is too large when its repeats are written out.", 0)
        self._nodes.append(node)
        return len(self._nodes) - 1

    def _build(self, tree: Tree, after: int) -> int:
        """The node from which the tree leads to `after`."""
        match tree:
            case Signs():
                return self._node(_Node((after,), signs=tree))
            case Edge(kind):
                return self._node(_Node((after,), edge=kind))
            case Row(parts):
                for part in reversed(parts):
                    after = self._build(part, after)
                return after
            case Choice(parts):
                return self._node(_Node(tuple(self._build(part, after) for part in parts)))
            case Repeat(part, low, None):
                loop = self._node(_Node(()))
                self._nodes[loop] = _Node((self._build(part, loop), after))
                for _ in range(low):
                    loop = self._build(part, loop)
                return loop
            case Repeat(part, low, high):
                rest = after
                for _ in range((high or 0) - low):
                    rest = self._node(_Node((self._build(part, rest), after)))
                for _ in range(low):
                    rest = self._build(part, rest)
                return rest

    def _forget(self) -> None:
        self._states: dict[tuple[frozenset[int], bool], _State] = {}
        self._remembered = 0
        self._start = _State(frozenset(), start=True, word=False)

    def _step(self, state: _State, sign: str) -> _State | None:
        """Where one can be behind the character; None when the pattern was found before it."""
        if self._remembered >= MOST_REMEMBERED:
            self._forget()
        self._remembered += 1
        word = is_word(sign)
        here = self._reach(state, word=word, end=False)
        if 0 in here:
            return None
        spelt = spellings(fold(sign)) if self._ignore_case else sign
        nodes = (self._nodes[place] for place in here)
        places = frozenset(node.next[0] for node in nodes if node.signs is not None and node.signs.has(spelt))
        return self._states.setdefault((places, word), _State(places, start=False, word=word))

    def _reach(self, state: _State, *, word: bool, end: bool) -> set[int]:
        """All places that need no further character, before a character of a word or another, or at the end."""
        edges = {"^": state.start, "$": end, "b": state.word != word, "B": state.word == word}
        left: list[int] = [self._first, *state.places]
        reached: set[int] = set()
        while left:
            place = left.pop()
            if place in reached:
                continue
            reached.add(place)
            node = self._nodes[place]
            if node.signs is None and edges.get(node.edge, True):
                left.extend(node.next)
        return reached
