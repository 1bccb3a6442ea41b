"""Opening the archive's database, and bringing its tables up to date by Alembic's migrations."""

from __future__ import annotations

import json
import re
import threading
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from coach.errors import ArchiveError
from coach.texts import text

MIGRATIONS = Path(__file__).with_name("migrations")
BUSY_SECONDS = 10

_lock = threading.Lock()  # Alembic keeps its place in globals: one thread at a time


def open_database(url: str) -> Engine:
    """Open a database and bring its tables up to date; raise ArchiveError when it cannot be."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    try:
        address = make_url(url)
        is_sqlite = address.get_backend_name() == "sqlite"
        if is_sqlite and address.database:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        waiting = {"timeout" if is_sqlite else "connect_timeout": BUSY_SECONDS}
        engine = create_engine(
            address,
            connect_args=waiting,
            pool_pre_ping=True,
            json_serializer=partial(json.dumps, ensure_ascii=False),
            json_deserializer=_read_json,
        )
        if is_sqlite:
            event.listen(engine, "connect", _prepare_sqlite)
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        with _lock, engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:  # its tables are of a revision that is not known here
        raise ArchiveError(text("archive.newer", url=_shown(url))) from error
    except (SQLAlchemyError, OSError, ModuleNotFoundError) as error:
        fault = str(getattr(error, "orig", None) or error)
        raise _unreachable(url, " ".join(fault.split())) from error
    except ValueError as error:  # of an address: its words may hold a piece of the password
        raise _unreachable(url, type(error).__name__) from error
    return engine


def _read_json(words: str) -> Any:
    """What stands in a JSON column; None where it is damaged: one row never stops a query."""
    try:
        return json.loads(words)
    except ValueError:
        return None


def _unreachable(url: str, fault: str) -> ArchiveError:
    return ArchiveError(text("archive.unreachable", url=_shown(url), fault=fault))


def _shown(url: str) -> str:
    """An address without its password."""
    return re.sub(r"(?<=://).*@", "***@", url.partition("?")[0])


def _prepare_sqlite(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")  # a power cut may lose the last answers, no more
    cursor.close()
