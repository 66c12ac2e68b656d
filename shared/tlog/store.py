"""The sealed log of one service in PostgreSQL, beside the records that it seals.

tlog_tree         where it stands: size, last position, frontier; its row is the lock
tlog_leaves       index → position and leaf hash
tlog_tiles        tiles of hashes; the last of a level grows
tlog_checkpoints  every size that was ever sealed, with its signed note
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import psycopg
from psycopg.rows import DictRow, tuple_row

from shared.eventstore.store import EventStore
from shared.kernel.errors import NotFoundError
from shared.tlog import merkle
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.merkle import HASH_SIZE, Frontier
from shared.tlog.notes import Note, Signature
from shared.tlog.tiles import ENTRIES, HEIGHT, WIDTH, Tile, TileHashes, encode_bundle, width_at

Connection = psycopg.Connection[DictRow]
Sign = Callable[[Checkpoint, Callable[[int, int], Sequence[bytes]]], Note]


@dataclass(frozen=True)
class Tree:
    """Where the log stands: so many records, up to this position of the service's log."""

    size: int
    position: int
    frontier: Frontier


class TlogStore:
    """Reads and extends the sealed log. Whoever extends it holds the row of `tlog_tree`."""

    def __init__(self, events: EventStore, origin: str) -> None:
        self._events = events
        self.service = events.service
        self.origin = origin

    def connection(self) -> AbstractContextManager[Connection]:
        """Lend a connection for one transaction."""
        return self._events.connection()

    # Extending it

    def seal(self, settled: int, limit: int, at: datetime) -> Checkpoint | None:
        """Seal the next settled records, at most `limit`, in one transaction; None = no news.

        The checkpoint is stored, not yet signed.
        """
        with self.connection() as connection:
            tree = _tree(connection, "FOR UPDATE")
            rows = _unsealed(connection, tree.position, settled, limit)
            if not rows:
                return None
            batch = _Batch(tree, rows)
            batch.store(connection)
            checkpoint = self._checkpoint(batch.frontier)
            _keep_checkpoint(connection, checkpoint, at)
        return checkpoint

    def sign(self, sign: Sign) -> list[Checkpoint]:
        """Have every checkpoint signed that is not yet, the smallest first; return these."""
        with self.connection() as connection:
            tree = _tree(connection, "FOR UPDATE")
            pending = connection.execute(
                "SELECT size, root FROM tlog_checkpoints WHERE note IS NULL ORDER BY size"
            ).fetchall()
            read = TileHashes(partial(_tile, connection), tree.size)
            found = [Checkpoint(self.origin, row["size"], row["root"]) for row in pending]
            for checkpoint in found:
                note = sign(checkpoint, partial(merkle.consistency_proof, read))
                connection.execute(
                    "UPDATE tlog_checkpoints SET note = %s WHERE size = %s",
                    (note.encode(), checkpoint.size),
                )
        return found

    def add_cosignatures(self, size: int, lines: Sequence[Signature]) -> None:
        """Keep what witnesses said about the checkpoint of this size (verified by the caller)."""
        with self.connection() as connection, connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO tlog_cosignatures (size, line) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                [(size, str(line)) for line in lines],
            )

    # Reading it

    def tree(self) -> Tree:
        """Return where the log stands."""
        with self.connection() as connection:
            return _tree(connection)

    def present(self) -> Checkpoint:
        """Return size and root as they are now, signed or not."""
        return self._checkpoint(self.tree().frontier)

    def checkpoint(self, size: int | None = None) -> Note:
        """Return the signed checkpoint of this size, or the last, with its cosignatures.

        Raises NotFoundError.
        """
        with self.connection() as connection:
            row = connection.execute(
                "SELECT note, ARRAY(SELECT line FROM tlog_cosignatures AS c"
                " WHERE c.size = s.size ORDER BY line) AS lines FROM tlog_checkpoints AS s"
                " WHERE note IS NOT NULL AND size = coalesce(%s, size) ORDER BY size DESC LIMIT 1",
                (size,),
            ).fetchone()
        if row is None:
            raise NotFoundError("the log has no such checkpoint")
        return Note.parse(row["note"]).adding(*map(Signature.parse, row["lines"]))

    def tile(self, tile: Tile) -> bytes:
        """Return a tile or an entry bundle; raises NotFoundError where the tree has none."""
        with self.connection() as connection:
            size = _tree(connection).size
            if tile.width > width_at(tile.level, tile.number, size):
                raise NotFoundError(f"the log has no {tile.path} yet")
            if tile.level == ENTRIES:
                first = tile.number * WIDTH
                return encode_bundle(_records(connection, first, first + tile.width))
            return _tile(connection, tile)

    def records(self, first: int, end: int) -> list[bytes]:
        """Return the sealed records with an index from `first` to before `end`, in order."""
        with self.connection() as connection:
            return _records(connection, first, end)

    def hashes(self, size: int) -> TileHashes:
        """Return a reader of the tree of this size, for proofs; it caches what it has read."""
        return TileHashes(self.tile, size)

    def index_of(self, position: int) -> int:
        """Return the index of the record at this position; raises NotFoundError if not sealed."""
        with self.connection() as connection:
            row = connection.execute(
                "SELECT leaf_index FROM tlog_leaves WHERE position = %s", (position,)
            ).fetchone()
        if row is None:
            raise NotFoundError(f"no record at position {position} is sealed")
        return int(row["leaf_index"])

    def _checkpoint(self, frontier: Frontier) -> Checkpoint:
        return Checkpoint(self.origin, frontier.size, frontier.root())


class _Batch:
    """The next leaves, and what they add to each tile."""

    def __init__(self, tree: Tree, rows: Sequence[tuple[int, bytes]]) -> None:
        self.frontier = tree.frontier
        self._first = tree.size
        self._positions = [position for position, _ in rows]
        self._leaves = [merkle.leaf_hash(record) for _, record in rows]
        self._tiles: dict[tuple[int, int], bytes] = {}
        ended = self.frontier.extend(self._leaves)
        for height in range(0, len(ended), HEIGHT):
            self._grow_level(height // HEIGHT, self._first >> height, ended[height])

    def _grow_level(self, level: int, first: int, hashes: Sequence[bytes]) -> None:
        """Share the new hashes of one level, numbered from `first`, among its tiles."""
        last = first + len(hashes) - 1
        for number in range(first // WIDTH, last // WIDTH + 1):
            start, end = number * WIDTH - first, (number + 1) * WIDTH - first
            self._tiles[level, number] = b"".join(hashes[max(start, 0) : end])

    def store(self, connection: Connection) -> None:
        connection.execute(
            "INSERT INTO tlog_leaves (leaf_index, position, leaf_hash)"
            " SELECT %s + n - 1, position, substr(%b, (n * 32 - 31)::int, 32)"
            " FROM unnest(%s::bigint[]) WITH ORDINALITY AS added (position, n)",
            (self._first, b"".join(self._leaves), f"{{{','.join(map(str, self._positions))}}}"),
        )
        self._grow_tiles(connection)
        connection.execute(
            "UPDATE tlog_tree SET size = %s, position = %s, frontier = %s",
            (self.frontier.size, self._positions[-1], self.frontier.to_bytes()),
        )

    def _grow_tiles(self, connection: Connection) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO tlog_tiles AS known (level, number, width, data)"
                " VALUES (%s, %s, %s, %b) ON CONFLICT (level, number) DO UPDATE SET"
                " width = known.width + excluded.width, data = known.data || excluded.data",
                [(*tile, len(data) // HASH_SIZE, data) for tile, data in self._tiles.items()],
            )


def _tree(connection: Connection, lock: str = "") -> Tree:
    query = f"SELECT size, position, frontier FROM tlog_tree {lock}"  # noqa: S608  # a constant
    row = connection.execute(query.encode()).fetchone()
    assert row is not None  # the migration inserts it
    return Tree(
        row["size"], row["position"], Frontier.from_bytes(row["size"], bytes(row["frontier"]))
    )


def _unsealed(
    connection: Connection, after: int, settled: int, limit: int
) -> list[tuple[int, bytes]]:
    with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        cursor.execute(
            "SELECT notification_id, state FROM stored_events WHERE notification_id > %s"
            " AND notification_id <= %s ORDER BY notification_id LIMIT %s",
            (after, settled, limit),
        )
        return cursor.fetchall()


def _records(connection: Connection, first: int, end: int) -> list[bytes]:
    with connection.cursor(binary=True) as cursor:
        cursor.execute(
            "SELECT state FROM tlog_leaves JOIN stored_events ON notification_id = position"
            " WHERE leaf_index >= %s AND leaf_index < %s ORDER BY leaf_index",
            (first, end),
        )
        return [bytes(row["state"]) for row in cursor]


def _tile(connection: Connection, tile: Tile) -> bytes:
    row = connection.execute(
        "SELECT data FROM tlog_tiles WHERE level = %s AND number = %s", (tile.level, tile.number)
    ).fetchone()
    return bytes(row["data"])[: tile.width * HASH_SIZE] if row else b""


def _keep_checkpoint(connection: Connection, checkpoint: Checkpoint, at: datetime) -> None:
    values: tuple[Any, ...] = (checkpoint.size, checkpoint.root, at)
    connection.execute(
        "INSERT INTO tlog_checkpoints (size, root, sealed_at) VALUES (%s, %s, %s)", values
    )
