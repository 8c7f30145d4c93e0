"""What a test tells a simulator to do to its clients: faults, ends of lives, another balance."""

from __future__ import annotations

import threading

from mock_server.core.fault import Fault, Kind, require
from mock_server.core.scenario import Scenario
from mock_server.core.state import State


class Controls:
    """The controls of a simulator; safe to use from several threads, while it answers others."""

    _state: State
    _lock: threading.Lock

    def plan_fault(
        self,
        fault: Fault | Kind,
        *,
        endpoint: str | None = None,
        times: int | None = None,
        rate: float | None = None,
        seed: int | None = None,
    ) -> None:
        """Plan a fault, after those that are planned already; one that does not suit a request waits for another.

        Args:
            fault: what goes wrong; a kind alone stands for `Fault(kind)`.
            endpoint: the name of a route (`create`, `task_of_action`, `balance`, `clip`, …), or `poll` for all that
                tell of a task; None for every endpoint that the fault can concern.
            times: how many requests (or tasks) it strikes; once, unless a rate is given.
            rate: the share of requests (or tasks) that it strikes from now on, over 0 and at most 1. Which ones they
                are follows from the seed, the plan's number and the request's number.
            seed: of the rate; None takes the simulator's.

        Raises:
            ValueError: no such kind or endpoint, an endpoint that the fault cannot concern, times and a rate both,
                less than once, or a rate out of range.
        """
        planned = fault if isinstance(fault, Fault) else Fault(fault)
        with self._lock:
            self._state.faults.plan(planned, endpoint, times, rate, seed)

    def refuse_next(
        self, status: int, times: int = 1, *, endpoint: str = "create", retry_after: float | None = None
    ) -> None:
        """Refuse the next requests to an endpoint, whatever they say, before anything is committed.

        Args:
            status: what is answered, 400 to 599, in the envelope of every error.
            times: how many requests; more than one call adds up, in order.
            endpoint: the name of a route: `create`, `task_of_action`, `balance`, `put_file`, …
            retry_after: simulated seconds that Retry-After asks to wait; None sends none.

        Raises:
            ValueError: no such endpoint, not a status of an error, less than once, or a pause that is negative.
        """
        self.plan_fault(Fault("refusal", status=status, retry_after=retry_after), endpoint=endpoint, times=times)

    def fail_next(self, error: str, times: int = 1) -> None:
        """Let the next tasks that are created end as failed, with this text; a replay creates none.

        Raises:
            ValueError: without a text, or less than once.
        """
        require(bool(error), "error must say why the task fails")
        self.plan_fault(Fault("task_failure", text=error), times=times)

    def clear_faults(self) -> None:
        """Plan nothing any more; tasks keep the fate that they have."""
        with self._lock:
            self._state.faults.clear()

    @property
    def faults_met(self) -> dict[str, int]:
        """How often each kind of fault has struck."""
        with self._lock:
            return dict(self._state.faults.met)

    def use_scenario(self, scenario: Scenario | None) -> None:
        """From now on let this scenario strike, in the place of whichever did; None for a good day."""
        with self._lock:
            self._state.faults.scenario = scenario

    def forget_keys(self) -> None:
        """Forget every Idempotency-Key now, as if its retention were over."""
        with self._lock:
            self._state.accounts.forget_keys()

    def expire_uploads(self) -> None:
        """Let the URLs of all uploads expire now."""
        with self._lock:
            self._state.uploads.expire(self._state.now)

    def expire_results(self) -> None:
        """Let all URLs of results expire that were told so far; asked anew, a task tells a fresh one that works."""
        with self._lock:
            self._state.signing += 1

    def remove_results(self) -> None:
        """Remove the clips of all tasks that are completed by now, for good."""
        with self._lock:
            state = self._state
            state.removed_clips.update(task_id for task_id in state.tasks if state.finished(task_id))

    def set_balance(self, api_key: str, micro_usd: int) -> None:
        """Set what a key's account has available, beside what is reserved and what it has spent.

        Raises:
            ValueError: a negative amount.
        """
        with self._lock:
            account = self._state.accounts.of_key(api_key)
            account.books = account.books.with_available(micro_usd)
