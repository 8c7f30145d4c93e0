"""What makes a take the same take: fingerprint, idempotency key, request id, plan hash. Changing one re-buys films."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring
from typing import Any
from urllib.parse import quote

from kling_render.expansion import Address, LocalFile, Reference, StandIn, Take
from kling_render.expansion.stand_ins import replace_stand_ins

FINGERPRINT_VERSION = 1
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _no_upstream(reference: Reference) -> Mapping[str, object]:
    raise LookupError(f"nothing is known of {reference.shown}")


def fingerprint(take: Take, upstream: Callable[[Reference], Mapping[str, object]] = _no_upstream) -> str:
    """SHA-256 (hex) of what is sent: action and request, local media by content, references by what they refer to.

    The same for every take number, place in the file, machine and profile; goldens in the tests keep it so.

    Args:
        take: the take.
        upstream: what identifies that to which a reference refers.
    """

    def identity(stand_in: StandIn) -> Mapping[str, object]:
        return {"sha256": stand_in.sha256} if isinstance(stand_in, LocalFile) else upstream(stand_in)

    body = replace_stand_ins(take.body, identity) if take.stand_ins else take.body
    return _digest({"version": FINGERPRINT_VERSION, "action": take.action, "body": body})


def idempotency_key(project_id: str, fingerprint: str, take: int, attempt: int) -> str:
    """The key under which an attempt is paid: derived, so that any machine asks for the same task again."""
    return "kr1-" + _digest([project_id, fingerprint, take, attempt])


def client_request_id(address: Address, attempt: int, key: str, *, send_address: bool) -> str:
    """The `X-Client-Request-Id`: percent-encoded address, attempt, and a nonce taken from the key.

    Printable ASCII, at most 512 characters. RunAPI stores it, so `send_address = false` leaves the address out.
    """
    suffix = f"a={attempt};n={key[-12:]}"
    return f"{quote(str(address), safe='')[:400]};{suffix}" if send_address else suffix


class PlanHash:
    """SHA-256 over address, fingerprint and estimate (micro-USD) of every take, in the plan's order.

    What was bought already does not enter: a plan that was agreed stays agreed while it is being rendered.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256(b"[")
        self._first = True

    def add(self, address: str, fingerprint: str, estimate_micro_usd: int | None) -> None:
        """Count one take."""
        estimate = "null" if estimate_micro_usd is None else estimate_micro_usd
        row = f"[{encode_basestring(address)},{encode_basestring(fingerprint)},{estimate}]"
        self._hash.update((row if self._first else "," + row).encode())
        self._first = False

    def hexdigest(self) -> str:
        """The hash of what was counted so far."""
        whole = self._hash.copy()
        whole.update(b"]")
        return whole.hexdigest()


def _digest(value: Any) -> str:
    return hashlib.sha256(_CANONICAL.encode(value).encode()).hexdigest()
