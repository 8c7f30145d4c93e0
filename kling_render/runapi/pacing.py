"""The one gate through which all requests to the API leave: so many per second, and none that buys while it rests."""

from __future__ import annotations

from random import Random

import anyio

from kling_render.errors import ApiError, RateLimitError

FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 60.0
_MOST_DOUBLINGS = 10  # 0.5 s doubled so often is beyond the longest pause
_FEWER = "Wait a while, lower KLING_RENDER_CONCURRENCY, or raise KLING_RENDER_RATE_LIMIT_PATIENCE_SECONDS."


class Gate:
    """Spaces the requests of one client, and keeps all submitters back together once the server had too many.

    A submitter is any request that changes something (a POST). Polls pass while submitters are kept back, because
    what is paid should come home; a poll that is refused waits by itself. Times are the event loop's, so that
    virtual time works.

    Args:
        requests_per_second: at most so many on average, polls and submitters alike; None for no limit.
        patience_seconds: for how long a rate limit is waited out.
        random: the source of the jitter.
    """

    def __init__(self, requests_per_second: float | None, patience_seconds: float, random: Random) -> None:
        self.patience_seconds = patience_seconds
        self._spacing = 1 / requests_per_second if requests_per_second else 0.0
        self._random = random
        self._next_slot = 0.0
        self._closed_until = 0.0
        self._refused_at = -1.0
        self._doublings = 0

    async def admit(self, *, submits: bool) -> float:
        """Wait until a request may leave; the moment at which it does, for `refused` and `answered`.

        Raises:
            RateLimitError: submitters are kept back for longer than patience lasts; nothing was sent.
        """
        if submits:
            await self._until_open()
        if self._spacing:
            now = anyio.current_time()
            slot = max(now, self._next_slot)
            self._next_slot = slot + self._spacing
            await anyio.sleep(slot - now)
            if submits:  # it may have closed while the slot came round
                await self._until_open()
        return anyio.current_time()

    def refused(self, sent_at: float, told_seconds: float | None) -> float:
        """Keep submitters back after a 429; the seconds after which that request may be repeated.

        Without word from the server the pause doubles with every refusal, but once for all requests that were under
        way together. A wait of no length counts as no word: who obeys it asks for ever.

        Args:
            sent_at: when the request left.
            told_seconds: what the server told, if it did.
        """
        now = anyio.current_time()
        is_same_storm = sent_at <= self._refused_at
        if told_seconds:
            until = now + told_seconds
        elif is_same_storm and self._closed_until > now:
            until = self._closed_until
        else:
            until = now + self._own_pause()
        if not is_same_storm:
            self._doublings = min(self._doublings + 1, _MOST_DOUBLINGS)
            self._refused_at = now
        self._closed_until = max(self._closed_until, until)
        return until - now

    def answered(self, sent_at: float) -> None:
        """Take note that a request passed: the pause after the next refusal is shorter again."""
        if sent_at > self._refused_at:
            self._doublings = max(0, self._doublings - 1)

    def _own_pause(self) -> float:
        pause: float = FIRST_PAUSE_SECONDS * 2**self._doublings * self._random.uniform(1.0, 1.5)
        return min(pause, _LONGEST_PAUSE_SECONDS)

    async def _until_open(self) -> None:
        started = anyio.current_time()
        while (now := anyio.current_time()) < self._closed_until:
            if self._closed_until - started > self.patience_seconds:
                raise outlasted(None, now - started, self._closed_until - now)
            await anyio.sleep_until(self._closed_until)


class Patience:
    """How long one request has been refused by a rate limit, and whether that may go on."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: float | None = None

    async def wait(self, error: ApiError, pause_seconds: float) -> None:
        """Wait after a 429, unless that would take longer than patience lasts.

        Raises:
            RateLimitError: the rate limit outlasted it; it says how long was waited.
        """
        now = anyio.current_time()
        self._since = now if self._since is None else self._since
        if now + pause_seconds - self._since > self._seconds:
            raise outlasted(error, now - self._since, pause_seconds) from error
        await anyio.sleep(pause_seconds)


def outlasted(error: ApiError | None, waited_seconds: float, pause_seconds: float) -> RateLimitError:
    """The error for a rate limit that lasts longer than it is waited out; without a refusal nothing was sent."""
    said = f"; {error.message}" if error else ""
    failure = RateLimitError(
        f"The rate limit outlasted {waited_seconds:.0f} s of waiting, and {pause_seconds:.0f} s more are asked{said}",
        hint=_FEWER,
        status=429,
        code=error.code if error else None,
        request_id=error.request_id if error else None,
        retry_after=pause_seconds,
    )
    failure.waited_seconds = waited_seconds
    failure.never_sent = error is None
    failure.after_unknown = error.after_unknown if error else False
    return failure
