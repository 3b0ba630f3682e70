"""The file of a server's alerts, `alerts.db`: alerts now and past, what is to be told to whom, and mutes."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bulltui.domain.alert import Alert, Delivery, Mute, Phase
from bulltui.domain.alert_states import Track, Transition
from bulltui.domain.queue import QueueRef
from bulltui.domain.text import exact, to_bytes, valid_unicode
from bulltui.history.alert_rows import read, written
from bulltui.ledger.paths import open_private
from bulltui.services.watch.outlets import Changes, Due, Known

KEPT = 10_000
KEPT_MS = 90 * 86_400_000
"""So many alerts that ended are kept, and so long."""

GIVE_UP_MS = 7 * 86_400_000
"""What waits for so long for a way that there is no more is given up."""

_VERSION = 1
_BUSY_S = 5.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS alerts (
    id TEXT PRIMARY KEY, phase TEXT NOT NULL, resolved_ms INTEGER NOT NULL, settled INTEGER NOT NULL,
    whole TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS alerts_open ON alerts (settled, phase);
CREATE INDEX IF NOT EXISTS alerts_ended ON alerts (resolved_ms);
CREATE TABLE IF NOT EXISTS tracks (
    rule TEXT NOT NULL, prefix BLOB NOT NULL, name BLOB NOT NULL, alert TEXT, clear_ms INTEGER NOT NULL,
    ended_ms INTEGER NOT NULL, level INTEGER NOT NULL, PRIMARY KEY (rule, prefix, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS transitions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, alert TEXT NOT NULL, at_ms INTEGER NOT NULL,
    whole TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS transitions_alert ON transitions (alert);
CREATE TABLE IF NOT EXISTS deliveries (
    transition TEXT NOT NULL, alert TEXT NOT NULL, phase TEXT NOT NULL, way TEXT NOT NULL, state TEXT NOT NULL,
    from_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL, message TEXT NOT NULL DEFAULT '',
    tries INTEGER NOT NULL DEFAULT 0, next_ms INTEGER NOT NULL DEFAULT 0, tried_ms INTEGER NOT NULL DEFAULT 0,
    problem TEXT NOT NULL DEFAULT '', PRIMARY KEY (transition, way)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (way, from_ms) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS deliveries_tried ON deliveries (way, tried_ms);
CREATE INDEX IF NOT EXISTS deliveries_alert ON deliveries (alert);
CREATE INDEX IF NOT EXISTS deliveries_at ON deliveries (at_ms);
CREATE TABLE IF NOT EXISTS mutes (
    number INTEGER PRIMARY KEY AUTOINCREMENT, rules TEXT NOT NULL, subjects TEXT NOT NULL, at_ms INTEGER NOT NULL,
    until_ms INTEGER, until_resolved INTEGER NOT NULL, by TEXT NOT NULL, why TEXT NOT NULL,
    ended_ms INTEGER NOT NULL DEFAULT 0
);
"""

Key = tuple[str, QueueRef | None]


class AlertFile:
    """The open file, `inode` tells which. Each method is one transaction and raises sqlite3.Error."""

    def __init__(self, path: Path) -> None:
        with suppress(FileExistsError):  # to close one that is there would end the locks of others in this process
            os.close(open_private(path, os.O_RDWR | os.O_CREAT | os.O_EXCL))
        self.inode = path.stat().st_ino
        # The calls come from one thread at a time, and not always from the same.
        self._connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            self._connection.execute("PRAGMA trusted_schema = OFF")
            self._connection.execute("PRAGMA cell_size_check = ON")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")  # what is to be told must outlive a power cut
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if version > _VERSION:
                raise sqlite3.OperationalError("a newer version of bulltui has written it")
            if version < _VERSION:
                with self._change() as db:
                    for statement in _SCHEMA.split(";\n"):
                        db.execute(statement)
                    db.execute(f"PRAGMA user_version = {_VERSION}")
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Closes it."""
        self._connection.close()

    def check(self) -> None:
        """Raises sqlite3.DatabaseError where it is damaged."""
        found = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        if found is None or found[0] != "ok":
            error = sqlite3.DatabaseError("malformed")
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        db = self._connection
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    # --- what holds

    def known(self, server: str) -> Known:
        """What was written down before."""
        db = self._connection
        alerts = {
            row[0]: read(row[1], server)
            for row in db.execute("SELECT id, whole FROM alerts WHERE settled = 0 OR phase != 'resolved'")
        }
        tracks: dict[Key, Track] = {}
        for rule, prefix, name, alert, clear_ms, ended_ms, level in db.execute(
            "SELECT rule, prefix, name, alert, clear_ms, ended_ms, level FROM tracks"
        ):
            tracks[rule, _ref(prefix, name)] = Track(alerts.get(alert), clear_ms, ended_ms, level)
        told = db.execute(
            "SELECT d.transition, d.way FROM deliveries d JOIN alerts a ON a.id = d.alert WHERE a.settled = 0"
        )
        open_ones = tuple(one for one in alerts.values() if one.phase is not Phase.PENDING)
        return Known(tracks, open_ones, frozenset((row[0], row[1]) for row in told))

    def save(self, changes: Changes) -> None:
        """Writes all of it."""
        with self._change() as db:
            for (rule, ref), track in changes.tracks.items():
                self._save_track(db, rule, ref, track)
            for one in changes.transitions:
                self._save_alert(db, one.alert)
                db.execute(
                    "INSERT OR IGNORE INTO transitions (id, alert, at_ms, whole) VALUES (?, ?, ?, ?)",
                    (one.id, one.alert.id, one.at_ms, written(one.alert)),
                )
            for transition, way in changes.telling:
                db.execute(
                    "INSERT OR IGNORE INTO deliveries (transition, alert, phase, way, state, from_ms, at_ms)"
                    " VALUES (?, ?, ?, ?, 'waiting', ?, ?)",
                    (
                        *(transition.id, transition.alert.id, transition.alert.phase.value, way),
                        *(changes.at_ms, changes.at_ms),
                    ),
                )
            db.executemany("UPDATE alerts SET settled = 1 WHERE id = ?", [(one,) for one in changes.settled])
            db.executemany(
                "UPDATE mutes SET ended_ms = ? WHERE number = ? AND ended_ms = 0",
                [(changes.at_ms, one) for one in changes.ended_mutes],
            )

    def _save_track(self, db: sqlite3.Connection, rule: str, ref: QueueRef | None, track: Track) -> None:
        place = (rule, *_bytes(ref))
        before = db.execute("SELECT alert FROM tracks WHERE rule = ? AND prefix = ? AND name = ?", place).fetchone()
        if before is not None and before[0] and (track.alert is None or track.alert.id != before[0]):
            db.execute("DELETE FROM alerts WHERE id = ? AND phase = 'pending'", (before[0],))
        if track.idle:
            db.execute("DELETE FROM tracks WHERE rule = ? AND prefix = ? AND name = ?", place)
            return
        if track.alert is not None:
            self._save_alert(db, track.alert)
        db.execute(
            "INSERT OR REPLACE INTO tracks VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*place, track.alert.id if track.alert else None, track.clear_ms, track.ended_ms, track.level),
        )

    @staticmethod
    def _save_alert(db: sqlite3.Connection, alert: Alert) -> None:
        db.execute(
            "INSERT INTO alerts VALUES (?, ?, ?, 0, ?) ON CONFLICT (id) DO UPDATE SET"
            " phase = excluded.phase, resolved_ms = excluded.resolved_ms, whole = excluded.whole"
            " WHERE alerts.phase != 'resolved'",
            (alert.id, alert.phase.value, alert.resolved_ms, written(alert)),
        )

    def prune(self, now_ms: int) -> None:
        """Drops what is too old or too much, and gives up what waits for ways that there are no more."""
        with self._change() as db:
            db.execute(
                "UPDATE deliveries SET state = 'given-up', at_ms = ?, problem = 'Nobody took it in time.'"
                " WHERE state = 'waiting' AND message = '' AND from_ms < ?",
                (now_ms, now_ms - GIVE_UP_MS),
            )
            gone = [
                row[0]
                for row in db.execute(
                    "SELECT id FROM alerts WHERE phase = 'resolved' AND settled = 1 AND (resolved_ms < ? OR id IN"
                    " (SELECT id FROM alerts WHERE phase = 'resolved' ORDER BY resolved_ms DESC LIMIT -1 OFFSET ?))",
                    (now_ms - KEPT_MS, KEPT),
                )
            ]
            for table in ("transitions", "deliveries"):
                db.executemany(f"DELETE FROM {table} WHERE alert = ?", [(one,) for one in gone])
            db.executemany("DELETE FROM alerts WHERE id = ?", [(one,) for one in gone])
            db.execute("DELETE FROM mutes WHERE ended_ms > 0 AND ended_ms < ?", (now_ms - KEPT_MS,))

    # --- what is to be told

    def due(self, server: str, way: str, group_ms: int, most: int) -> Due | None:
        """What is to be sent to a way next."""
        db = self._connection
        waiting = "FROM deliveries WHERE way = ? AND state = 'waiting'"
        head = db.execute(
            f"SELECT message, next_ms, tries {waiting} AND message != '' ORDER BY from_ms LIMIT 1",
            (way,),
        ).fetchone()
        first = db.execute(f"SELECT min(from_ms) {waiting} AND message = ''", (way,)).fetchone()[0]
        if head is None and first is None:
            return None
        message, next_ms, tries = head or ("", 0, 0)
        rows = db.execute(
            "SELECT t.whole, d.from_ms FROM deliveries d JOIN transitions t ON t.id = d.transition"
            " WHERE d.way = ? AND d.state = 'waiting' AND d.message = ? ORDER BY t.number LIMIT ?",
            (way, message, most),
        ).fetchall()
        transitions = tuple(Transition(read(row[0], server)) for row in rows)
        since = min((row[1] for row in rows), default=0)
        if not message:
            return Due(transitions, since + group_ms, since)
        return Due(transitions, next_ms, since, 0 if first is None else first + group_ms, message, tries)

    def begin(self, way: str, message: str, transitions: Sequence[str], now_ms: int) -> None:
        """Notes that these go together in a message that is about to be sent."""
        with self._change() as db:
            db.executemany(
                "UPDATE deliveries SET message = ?, tries = tries + 1, tried_ms = ?, at_ms = ?"
                " WHERE transition = ? AND way = ? AND state = 'waiting'",
                [(message, now_ms, now_ms, one, way) for one in transitions],
            )

    def sent_at(self, way: str, since_ms: int) -> list[int]:
        """When messages were sent or tried since then."""
        rows = self._connection.execute(
            "SELECT DISTINCT message, tried_ms FROM deliveries WHERE way = ? AND tried_ms > ? ORDER BY tried_ms",
            (way, since_ms),
        )
        return [row[1] for row in rows]

    def outcome(self, way: str, message: str, state: str, now_ms: int, *, next_ms: int, problem: str) -> None:
        """Notes what became of a message."""
        with self._change() as db:
            db.execute(
                "UPDATE deliveries SET state = ?, at_ms = ?, next_ms = ?, problem = ?"
                " WHERE way = ? AND message = ? AND state = 'waiting'",
                (state, now_ms, next_ms, valid_unicode(problem), way, message),
            )

    def deliveries(self, limit: int) -> list[Delivery]:
        """The newest first."""
        rows = self._connection.execute(
            "SELECT alert, phase, way, state, at_ms, tries, problem FROM deliveries ORDER BY at_ms DESC LIMIT ?",
            (limit,),
        )
        return [Delivery(alert, Phase(phase), *rest) for alert, phase, *rest in rows]

    # --- what is shown

    def alerts(self, server: str) -> list[Alert]:
        """Those that are pending or firing."""
        rows = self._connection.execute("SELECT whole FROM alerts WHERE phase IN ('pending', 'firing')")
        return [read(row[0], server) for row in rows]

    def past(self, server: str, since_ms: int, limit: int) -> list[Alert]:
        """Those that ended, the newest first."""
        rows = self._connection.execute(
            "SELECT whole FROM alerts WHERE phase = 'resolved' AND resolved_ms >= ? ORDER BY resolved_ms DESC LIMIT ?",
            (since_ms, limit),
        )
        return [read(row[0], server) for row in rows]

    # --- mutes

    def mutes(self) -> list[Mute]:
        """Those that have not been ended."""
        rows = self._connection.execute(
            "SELECT number, rules, subjects, at_ms, until_ms, until_resolved, by, why FROM mutes"
            " WHERE ended_ms = 0 ORDER BY number"
        )
        return [
            Mute(number, rules, subjects, at_ms, until_ms, bool(until_resolved), by, why)
            for number, rules, subjects, at_ms, until_ms, until_resolved, by, why in rows
        ]

    def next_mute(self) -> int:
        """A number that no mute had yet."""
        row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'mutes'").fetchone()
        return 1 if row is None else int(row[0]) + 1

    def mute(self, mute: Mute) -> bool:
        """Adds one; False where its number is taken."""
        texts = map(valid_unicode, (mute.rules, mute.subjects))
        with self._change() as db:
            done = db.execute(
                "INSERT OR IGNORE INTO mutes (number, rules, subjects, at_ms, until_ms, until_resolved, by, why)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(mute.number, *texts, mute.at_ms, mute.until_ms, mute.until_resolved),
                    *(valid_unicode(mute.by), valid_unicode(mute.why)),
                ),
            )
            return done.rowcount > 0

    def unmute(self, number: int, now_ms: int) -> bool:
        """Ends one; False where there is none."""
        with self._change() as db:
            done = db.execute("UPDATE mutes SET ended_ms = ? WHERE number = ? AND ended_ms = 0", (now_ms, number))
            return done.rowcount > 0


def _bytes(ref: QueueRef | None) -> tuple[bytes, bytes]:
    return (b"", b"") if ref is None else (to_bytes(ref.prefix), to_bytes(ref.name))


def _ref(prefix: bytes, name: bytes) -> QueueRef | None:
    return QueueRef(exact(prefix), exact(name)) if prefix or name else None
