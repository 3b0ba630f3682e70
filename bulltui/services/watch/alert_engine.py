"""What holds of all alerts of a server, from one look to the next. Knows no file and no clock of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bulltui.domain.alert import Alert, Mute, Phase, Rule
from bulltui.domain.alert_rules import rule_means
from bulltui.domain.alert_states import Ending, Subject, Track, Transition, breached, ended, step, track_seen
from bulltui.domain.alert_text import about, resolved_text, text_now
from bulltui.domain.alert_values import Seen, looks_back, needs_durations, of_look, of_server, of_window, sees_nothing
from bulltui.domain.point import Point
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import QueueRow, ServerState
from bulltui.services.watch.alert_mutes import holds, muted_by
from bulltui.services.watch.outlets import Changes, Known, Outlet
from bulltui.services.watch.protocols import Recent

Key = tuple[str, QueueRef | None]

GONE_MS = 20_000
"""A queue that was not seen for so long while others were is gone."""

LATE_MS = 60 * 60_000
"""That an alert ended is not told any more so long after."""

WINDOW_MS = 5_000
"""What looks back over a window is looked at this often."""

VALUES_MS = 10_000
"""Values of alerts are written down this often; transitions at once."""


class Engine:
    """Alerts of one server. `outlets` are who may be told, `server` is what the server is called here."""

    def __init__(self, rules: Sequence[Rule], outlets: Sequence[Outlet], recent: Recent, server: str) -> None:
        self._rules = {rule.name: rule for rule in rules}
        self._outlets = tuple(outlets)
        self._recent = recent
        self._server = server
        self._tracks: dict[Key, Track] = {}
        self._open: dict[str, Alert] = {}
        self._told: set[tuple[str, str]] = set()
        self._of_queue: dict[QueueRef, tuple[tuple[Rule, ...], tuple[Rule, ...]]] = {}
        self._looked: dict[QueueRef, int] = {}
        self._windows: dict[QueueRef, int] = {}
        self._missed: dict[QueueRef, int] = {}
        self._dirty: set[Key] = set()
        self._transitions: list[Transition] = []
        self._telling: list[tuple[Transition, str]] = []
        self._settled: list[str] = []
        self._over: set[int] = set()
        self._written_ms = 0

    def load(self, known: Known) -> None:
        """Goes on from what was written down."""
        self._tracks = dict(known.tracks)
        self._open = {alert.id: alert for alert in known.unsettled}
        self._told = set(known.told)

    @property
    def firing(self) -> tuple[Alert, ...]:
        """Those that fire."""
        alerts = (track.alert for track in self._tracks.values())
        return tuple(one for one in alerts if one is not None and one.phase is Phase.FIRING)

    # --- looking

    def look_at_server(self, state: ServerState, now_ms: int) -> None:
        """What rules about the server see."""
        for rule in self._rules.values():
            if not rule.watched.of_server or not rule_means(rule, None, self._server):
                continue
            value, detail = of_server(rule.watched, state.server, state.health)
            if value is not None:
                self._see(rule, None, Seen(value, now_ms, detail))

    def look_at(self, row: QueueRow, read_ms: int, now_ms: int) -> None:
        """What rules about a queue see, as far as that is new: its counts were read at `read_ms`."""
        ref = row.ref
        of_looks, of_windows = self._rules_of(ref)
        if (of_looks and read_ms > self._looked.get(ref, 0)) or read_ms < self._looked.get(ref, 0) - WINDOW_MS:
            self._looked[ref] = read_ms
            for rule in of_looks:
                value = of_look(rule.watched, row, read_ms)
                if value is not None:
                    self._see(rule, ref, Seen(value, read_ms))
        if of_windows and not 0 <= now_ms - self._windows.get(ref, 0) < WINDOW_MS:
            self._windows[ref] = now_ms
            if self._rests(row, of_windows):
                return
            known_s = self._recent.covers(ref)
            for rule in of_windows:
                value = of_window(rule, row, self._point(ref, rule), known_s)
                if value is not None:
                    self._see(rule, ref, Seen(value, now_ms))

    def _rests(self, row: QueueRow, rules: Sequence[Rule]) -> bool:
        """Whether nothing moved that a rule could see, and none has anything to remember: most queues, most of the
        time, so it has to cost next to nothing."""
        for rule in rules:
            if (rule.name, row.ref) in self._tracks or not sees_nothing(rule, row):
                return False
        return self._recent.still(row.ref, max(rule.window_s for rule in rules))

    def _point(self, ref: QueueRef, rule: Rule) -> Point:
        if needs_durations(rule.watched):
            return self._recent.over(ref, rule.window_s)
        return Point(0, flow=self._recent.flow(ref, rule.window_s))

    def look_for_gone(
        self, there: Mapping[QueueRef, QueueRow], now_ms: int, selects: Callable[[QueueRef], bool]
    ) -> None:
        """Ends alerts of queues that are gone and of rules that are. What this run does not look at (`selects`) stays
        as it is."""
        for key in list(self._tracks):
            name, ref = key
            rule = self._rules.get(name)
            if rule is None or not rule_means(rule, ref, self._server):
                if ref is None or selects(ref):
                    self._end(key, now_ms, Ending.UNWATCHED)
            elif ref is not None and ref not in there and selects(ref):
                since = self._missed.setdefault(ref, now_ms)
                if now_ms - since >= GONE_MS:
                    self._end(key, now_ms, Ending.GONE)
        for ref in [one for one in self._missed if one in there]:
            del self._missed[ref]
        for ref in [one for one in self._of_queue if one not in there]:
            for known in (self._looked, self._windows):
                known.pop(ref, None)
            del self._of_queue[ref]

    def _rules_of(self, ref: QueueRef) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
        found = self._of_queue.get(ref)
        if found is None:
            meant = [rule for rule in self._rules.values() if rule_means(rule, ref, self._server)]
            found = self._of_queue[ref] = (
                tuple(rule for rule in meant if not looks_back(rule.watched)),
                tuple(rule for rule in meant if looks_back(rule.watched)),
            )
        return found

    def _see(self, rule: Rule, ref: QueueRef | None, seen: Seen) -> None:
        key = (rule.name, ref)
        before = self._tracks.get(key)
        if before is None:
            if not breached(rule, seen.value):
                return
            before = Track()
        elif seen.at_ms == track_seen(before):
            return
        after, transition = step(before, rule, Subject(ref, self._server), seen)
        if after.alert is not None:
            after = replace(after, alert=_said(after.alert, text_now(rule, after, after.alert, seen.detail)))
        if transition is not None:
            what = resolved_text(transition.alert, rule, seen.value, Ending.PASSED)
            self._pass(replace(transition, alert=after.alert or _said(transition.alert, what)))
        self._keep(key, after)

    def _end(self, key: Key, now_ms: int, ending: Ending) -> None:
        after, transition = ended(self._tracks[key], now_ms, ending)
        if transition is not None:
            alert = transition.alert
            what = resolved_text(alert, self._rules.get(key[0]), alert.value, ending)
            self._pass(replace(transition, alert=_said(alert, what)))
        self._keep(key, after)

    def _keep(self, key: Key, track: Track) -> None:
        if track == self._tracks.get(key):
            return
        if track.idle:
            self._tracks.pop(key, None)
        else:
            self._tracks[key] = track
        self._dirty.add(key)

    def _pass(self, transition: Transition) -> None:
        self._transitions.append(transition)
        self._open[transition.alert.id] = transition.alert

    # --- telling

    def tell(self, mutes: Sequence[Mute], now_ms: int) -> None:
        """Decides who is to be told what, now that these mutes were set."""
        firing = self.firing
        there = [mute for mute in mutes if holds(mute, firing, now_ms)]
        self._over.update(mute.number for mute in mutes if mute not in there)
        for key, track in self._tracks.items():
            alert = track.alert
            if alert is not None and (muted := muted_by(alert, there)) != alert.muted:
                self._tracks[key] = replace(track, alert=replace(alert, muted=muted))
                self._dirty.add(key)
        current = {alert.id: alert for alert in firing}
        for number, last in list(self._open.items()):
            alert = current.get(number, last)
            muted = bool(muted_by(alert, there))
            if alert.phase is Phase.FIRING:
                if not muted:
                    self._tell_to(Transition(last), self._ways(last))
            else:
                fired = f"{number}-{Phase.FIRING.value}"
                ways = [one.name for one in self._outlets if (fired, one.name) in self._told]
                if muted and ways and now_ms - alert.resolved_ms < LATE_MS:
                    continue
                if not muted:
                    self._tell_to(Transition(alert), ways)
                self._settle(number)

    def _tell_to(self, transition: Transition, ways: Sequence[str]) -> None:
        for way in ways:
            if (transition.id, way) not in self._told:
                self._told.add((transition.id, way))
                self._telling.append((transition, way))

    def _ways(self, alert: Alert) -> list[str]:
        rule = self._rules.get(alert.rule)
        wanted = rule.to if rule is not None else ()
        return [
            one.name
            for one in self._outlets
            if one.takes(alert.severity) and (not wanted or one.name in wanted or one.kind in wanted)
        ]

    def _settle(self, number: str) -> None:
        del self._open[number]
        self._settled.append(number)
        for phase in (Phase.FIRING, Phase.RESOLVED):
            self._told.difference_update({(f"{number}-{phase.value}", one.name) for one in self._outlets})

    # --- writing down

    def changes(self, now_ms: int) -> Changes:
        """What is to be written down now; `written` says that it was."""
        urgent = self._transitions or self._telling or self._settled or self._over
        if not urgent and 0 <= now_ms - self._written_ms < VALUES_MS:
            return Changes()
        tracks = {key: self._tracks.get(key, Track()) for key in self._dirty}
        return Changes(
            tracks,
            tuple(self._transitions),
            tuple(self._telling),
            tuple(self._settled),
            tuple(sorted(self._over)),
            now_ms,
        )

    def written(self, changes: Changes, now_ms: int) -> None:
        """These changes are written down."""
        self._dirty.difference_update(changes.tracks)
        del self._transitions[: len(changes.transitions)]
        del self._telling[: len(changes.telling)]
        del self._settled[: len(changes.settled)]
        self._over.difference_update(changes.ended_mutes)
        self._written_ms = now_ms


def _said(alert: Alert, what: str) -> Alert:
    return replace(alert, text=about(alert, what))
