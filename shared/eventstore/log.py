"""The library's application, set up for records: everything concrete is named through topics."""

from dataclasses import dataclass

from eventsourcing.application import Application
from eventsourcing.postgres import PostgresFactory
from eventsourcing.utils import Environment
from psycopg.conninfo import conninfo_to_dict

from shared.eventstore.recorder import LOCK_TIMEOUT_S, STATEMENT_TIMEOUT_S

CONNECT_TIMEOUT_S = 10
_OWN_NAMES = {"dbname", "host", "port", "user", "password"}


@dataclass(frozen=True)
class PoolSizes:
    """How many connections each kind of work may hold at most: none starves another."""

    command: int = 8
    query: int = 6
    feed: int = 4


def session_options(known: str = "") -> str:
    """Return libpq options that bound every wait of a session. PostgreSQL's defaults never end."""
    return (
        f"{known} -c lock_timeout={LOCK_TIMEOUT_S}s -c statement_timeout={STATEMENT_TIMEOUT_S}s"
        " -c idle_in_transaction_session_timeout=60s"
    ).strip()


class RecordFactory(PostgresFactory):
    """The library's factory; passes on what it would drop of the URL (TLS, options)."""

    CONNECTION_URL = "DUBAN_CONNECTION_URL"

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        given = conninfo_to_dict(self.env.get(self.CONNECTION_URL) or "")
        more = {name: value for name, value in given.items() if name not in _OWN_NAMES}
        more["options"] = session_options(str(more.get("options", "")))
        kwargs = self.datastore.pool.kwargs
        assert isinstance(kwargs, dict)  # the library passes a dict
        kwargs.update(more)


class RecordLog(Application[str]):
    """The log of one service; its name makes the library's table `stored_events`."""

    name = "stored"


def log_environment(database_url: str, connections: int, *, checked: bool) -> dict[str, str]:
    """Return the library's settings for one pool onto this database.

    `checked` connections are tried before each use, so that readers never meet one that died with
    a restarted server; appends need not be, they are tried again.
    """
    given = conninfo_to_dict(database_url)
    return {
        "PERSISTENCE_MODULE": "shared.eventstore.log:RecordFactory",
        "MAPPER_TOPIC": "shared.eventstore.mapper:RecordMapper",
        "APPLICATION_RECORDER_TOPIC": "shared.eventstore.recorder:BarrierApplicationRecorder",
        "PROCESS_RECORDER_TOPIC": "shared.eventstore.recorder:BarrierProcessRecorder",
        "ORIGINATOR_ID_TYPE": "text",
        "CREATE_TABLE": "no",
        "POSTGRES_DBNAME": str(given.get("dbname", "")),
        "POSTGRES_HOST": str(given.get("host", "")),
        "POSTGRES_PORT": str(given.get("port", "5432")),
        "POSTGRES_USER": str(given.get("user", "")),
        "POSTGRES_PASSWORD": str(given.get("password", "")),
        "POSTGRES_CONNECT_TIMEOUT": str(CONNECT_TIMEOUT_S),
        "POSTGRES_PRE_PING": "yes" if checked else "no",
        "POSTGRES_LOCK_TIMEOUT": str(LOCK_TIMEOUT_S),
        "POSTGRES_POOL_SIZE": "1",
        "POSTGRES_MAX_OVERFLOW": str(connections - 1),
        RecordFactory.CONNECTION_URL: database_url,
    }
