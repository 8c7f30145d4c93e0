"""The ledger's tables (SQLite through SQLAlchemy Core). Amounts are integer micro-USD, times ISO 8601 in UTC."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

from kling_render.ledger.states import COUNTED_STATES

SCHEMA_VERSION = 2

metadata = MetaData()

meta = Table("meta", metadata, Column("name", String, primary_key=True), Column("value", String, nullable=False))

runs = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("project_id", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("account_id", String, nullable=False),
    Column("account_name", String, nullable=False),
    Column("profile", String, nullable=False),
    Column("client", String, nullable=False),
    Column("person", String, nullable=False),
    Column("price_card", String, nullable=False),
    Column("tool_version", String, nullable=False),
    Column("plan_hash", String, nullable=False),
    Column("started_at", String, nullable=False),
    Column("plan", Text),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", String, ForeignKey("runs.id"), nullable=False),
    Column("project_id", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("account_id", String, nullable=False),
    Column("address", String, nullable=False),
    Column("title", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("take", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("action", String, nullable=False),
    Column("model", String, nullable=False),
    Column("key", String, nullable=False),
    Column("client_request_id", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("reserved_micro_usd", Integer, nullable=False),
    Column("settled_micro_usd", Integer),
    Column("task_id", String),
    Column("error", Text),
    Column("created_at", String, nullable=False),
    Column("url_expires_at", String),
    Column("clip_path", String),
    Column("clip_sha256", String),
    Column("clip_bytes", Integer),
    Column("clip_seconds", Float),
    Column("clip_width", Integer),
    Column("clip_height", Integer),
    Column("clip_has_sound", Boolean),
    Column("estimated_micro_usd", Integer),
    Index("one_attempt", "project_id", "origin", "account_id", "fingerprint", "take", "attempt", unique=True),
)

uploads = Table(
    "uploads",
    metadata,
    Column("origin", String, primary_key=True),
    Column("account_id", String, primary_key=True),
    Column("sha256", String, primary_key=True),
    Column("url", Text, nullable=False),
    Column("usable_until", String, nullable=False),
)
"""Where the content of a local file was uploaded to last; such an URL lives for an hour."""

history = Table(
    "history",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("attempt_id", Integer, ForeignKey("attempts.id"), nullable=False),
    Column("run_id", String, ForeignKey("runs.id"), nullable=False),
    Column("state", String, nullable=False),
    Column("detail", Text),
    Column("at", String, nullable=False),
)

spending = Table(
    "spending",
    metadata,
    Column("project_id", String, primary_key=True),
    Column("origin", String, primary_key=True),
    Column("account_id", String, primary_key=True),
    Column("run_id", String, primary_key=True),
    Column("day", String, primary_key=True),
    Column("micro_usd", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""What the attempts of a run and day (UTC) take out of budgets; triggers keep it, so that no cap sums over attempts."""

_COUNTED = ", ".join(f"'{state.value}'" for state in sorted(COUNTED_STATES))


def _counted(row: str) -> str:
    reserved = f"CASE WHEN {row}.state IN ({_COUNTED}) THEN {row}.reserved_micro_usd ELSE 0 END"
    return f"coalesce({row}.settled_micro_usd, {reserved})"


def _of(row: str) -> str:
    return f"{row}.project_id, {row}.origin, {row}.account_id, {row}.run_id, substr({row}.created_at, 1, 10)"


def _add(row: str, sign: str) -> str:
    return (
        f"INSERT INTO spending VALUES ({_of(row)}, {sign}{_counted(row)}) "  # noqa: S608 - "OLD" and "NEW" alone
        "ON CONFLICT DO UPDATE SET micro_usd = micro_usd + excluded.micro_usd;"
    )


_CHANGED = f"({_of('OLD')}, {_counted('OLD')}) IS NOT ({_of('NEW')}, {_counted('NEW')})"

SPENDING_TRIGGERS = (
    text(f"CREATE TRIGGER attempt_written AFTER INSERT ON attempts BEGIN {_add('NEW', '')} END"),
    text(
        f"CREATE TRIGGER attempt_changed AFTER UPDATE ON attempts WHEN {_CHANGED} "
        f"BEGIN {_add('OLD', '-')} {_add('NEW', '')} END"
    ),
    text(f"CREATE TRIGGER attempt_removed AFTER DELETE ON attempts BEGIN {_add('OLD', '-')} END"),
)
SPENDING_OF_ATTEMPTS = text(
    f"INSERT INTO spending SELECT {_of('attempts')}, sum({_counted('attempts')}) "  # noqa: S608 - our own names
    "FROM attempts GROUP BY 1, 2, 3, 4, 5"
)
"""What the table of spending holds for the attempts there are."""
