"""What a simulator is told when it is made."""

from __future__ import annotations

from dataclasses import dataclass, field

from mock_server.core.scenario import Scenario

DEFAULT_BASE_URL = "https://runapi.ai"
_LEAST_SPEED = 0.001
_MOST_SPEED = 1_000_000


@dataclass(frozen=True)
class Config:
    """Settings of one simulator; equal settings and equal requests give equal answers, byte for byte.

    Attributes:
        seed: what ids, latencies, signatures and clips derive from.
        api_keys: the keys that are accepted; empty accepts any key that is not blank. Each key has its own account.
        balance_micro_usd: what every account starts with.
        base_url: what the URLs of results and uploads start with; None takes `http://` and the request's own host.
        retain_keys_seconds: how long an Idempotency-Key is remembered. RunAPI publishes no figure: 24 h is invented.
        url_days: how long the URL of a result lives; None takes the catalog's figure.
        upload_url_seconds: how long the URL of an upload lives: one hour, says RunAPI's command-line client.
        max_media_bytes: the largest body that carries a file. RunAPI publishes no figure: 100 MB is invented.
        unpublished_micro_usd_per_second: what a second costs where no rate is published: invented, dear on purpose.
        assumed_media_seconds: the length of a clip that follows a video or sound of unknown length: invented.
        poll_retry_after_seconds: the Retry-After of every poll of an unfinished task; None sends none.
        callback_pauses_seconds: simulated time before each repetition of a callback that was not taken. RunAPI
            publishes no schedule: three attempts within about a minute are invented.
        callbacks_anywhere: whether the HTTP server calls back other machines too, and not loopback alone.
        fail_every: every task whose number divides by it fails; None lets all complete.
        task_seconds: how long every task takes, in simulated seconds; None takes the times of latency.toml.
        clip_fps: frames a second of every clip; one is cheap to encode, for tests under load.
        scenario: the faults that strike by rules; None for a good day.
        journal_entries: how many requests the journal keeps.
        speed: how many simulated seconds pass in one of a client's own clock. The simulator lives by simulated time;
            what it tells a client to reckon with (how long an upload lives, Retry-After) is in the client's seconds,
            so that one on the wall's clock renews an upload in time. The HTTP server sets it.

    Raises:
        ValueError: a speed outside 0.001 to 1,000,000 (lives would be told as nothing, or as ages), tasks that take
            no time, clips without frames.
    """

    seed: int = 0
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    balance_micro_usd: int = 100_000_000
    base_url: str | None = DEFAULT_BASE_URL
    retain_keys_seconds: float = 24 * 60 * 60
    url_days: float | None = None
    upload_url_seconds: float = 60 * 60
    max_media_bytes: int = 100_000_000
    unpublished_micro_usd_per_second: int = 200_000
    assumed_media_seconds: int = 5
    poll_retry_after_seconds: int | None = None
    callback_pauses_seconds: tuple[float, ...] = (10, 60)
    callbacks_anywhere: bool = False
    fail_every: int | None = None
    task_seconds: float | None = None
    clip_fps: int = 12
    journal_entries: int = 50_000
    scenario: Scenario | None = None
    speed: float = 1.0

    def __post_init__(self) -> None:
        if not _LEAST_SPEED <= self.speed <= _MOST_SPEED:
            raise ValueError(f"speed must be from {_LEAST_SPEED:g} to {_MOST_SPEED:,}, not {self.speed:g}")
        if self.task_seconds is not None and self.task_seconds <= 0:
            raise ValueError(f"task_seconds must be more than 0, not {self.task_seconds:g}")
        if self.clip_fps < 1:
            raise ValueError(f"clip_fps must be at least 1, not {self.clip_fps}")
