"""Everything that looks random, derived from the seed: ids, signatures, jitter."""

from __future__ import annotations

import hashlib


def digest(*parts: str | int) -> str:
    """SHA-256 (hex) of the parts, unambiguous in where one ends and the next begins."""
    words = [str(part).encode("utf-8", "surrogatepass") for part in parts]
    return hashlib.sha256(b"".join([b"%d:%b" % (len(word), word) for word in words])).hexdigest()


def uuid_of(*parts: str | int) -> str:
    """A version 4 shaped UUID that is a pure function of the parts."""
    sign = digest(*parts)
    variant = "89ab"[int(sign[16], 16) % 4]
    return f"{sign[:8]}-{sign[8:12]}-4{sign[13:16]}-{variant}{sign[17:20]}-{sign[20:32]}"


def keyed_task_id(seed: int, account: str, key: str, use: int) -> str:
    """The id of a task with an Idempotency-Key; `use` counts the earlier tasks of a key that was forgotten since."""
    return uuid_of("task", seed, account, "key", key, use)


def counted_task_id(seed: int, count: int) -> str:
    """The id of a task without an Idempotency-Key: the simulator's own count makes it one of a kind."""
    return uuid_of("task", seed, "count", count)


def request_id(seed: int, count: int) -> str:
    """The X-Request-Id of the simulator's request number `count`."""
    return uuid_of("request", seed, count)


def number(*parts: str | int) -> int:
    """A positive number of at most seven digits, for resources whose ids are numbers."""
    return 1_000_000 + int(digest(*parts)[:12], 16) % 9_000_000


def fraction(*parts: str | int) -> float:
    """A number from 0 (included) to 1 (excluded)."""
    return int(digest(*parts)[:12], 16) / 16**12
