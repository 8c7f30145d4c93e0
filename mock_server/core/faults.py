"""The faults that are planned: which strikes next, and how often each has struck."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from mock_server.core import ids
from mock_server.core.config import Config
from mock_server.core.damage import damaged, suits
from mock_server.core.fates import fated
from mock_server.core.fault import Fault, Phase, endpoints_named, require
from mock_server.core.messages import Request, Response, Wire
from mock_server.core.planned_refusals import planned_refusal
from mock_server.core.routes import POLLS
from mock_server.core.tasks import Task


@dataclass
class _Plan:
    """A fault, where it strikes, and when: the next `left` times, or at a rate."""

    fault: Fault
    endpoints: frozenset[str]
    left: int
    rate: float | None
    seed: int
    order: int

    def is_due(self, number: int) -> bool:
        """Whether the request or task of this number is struck."""
        if self.rate is None:
            return self.left > 0
        return ids.fraction("fault", self.seed, self.order, self.fault.kind, number) < self.rate


@dataclass(frozen=True)
class Arrival:
    """A request that has reached its endpoint.

    Attributes:
        number: how many requests the simulator has seen, this one included.
        client_now: the time by the client's own clock.
    """

    endpoint: str
    request: Request
    number: int
    client_now: datetime


class Faults:
    """The faults of one simulator: one at most strikes a request, and one a task; the one planned first, first."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._plans: list[_Plan] = []
        self._planned = 0
        self._met: Counter[str] = Counter()
        self._last_polls: dict[str, Response] = {}

    @property
    def met(self) -> Counter[str]:
        """How often each kind of fault has struck."""
        return self._met.copy()

    def plan(self, fault: Fault, endpoint: str | None, times: int | None, rate: float | None, seed: int | None) -> None:
        """Plan a fault, after those that are planned already.

        Raises:
            ValueError: no such endpoint or not one that it can concern, less than once, or a rate that is none.
        """
        endpoints = fault.endpoints if endpoint is None else endpoints_named(endpoint)
        require(endpoints <= fault.endpoints, f"a {fault.kind} cannot strike {endpoint}")
        require(times is None or rate is None, "a fault has times or a rate, not both")
        require(times is None or times >= 1, f"times must be at least 1, not {times}")
        require(rate is None or 0 < rate <= 1, f"rate must be over 0 and at most 1, not {rate}")
        left = 1 if times is None else times
        seed = self._config.seed if seed is None else seed
        self._plans.append(_Plan(fault, endpoints, left, rate, seed, self._planned))
        self._planned += 1

    def clear(self) -> None:
        """Forget what is planned; what has struck stays counted, and what it did stays done."""
        self._plans.clear()

    def before(self, arrival: Arrival) -> Response | None:
        """What a request is answered before its endpoint does anything; None for one that passes."""
        fault = self._strike("before", arrival.endpoint, arrival.number, lambda fault: True)
        if fault is None:
            return None
        if fault.kind == "drop_request":
            return Response(503, {}, b"", Wire("lost"), fault.kind)
        return replace(planned_refusal(fault, self._config, arrival.client_now), fault=fault.kind)

    def after(self, arrival: Arrival, response: Response) -> Response:
        """What becomes of an endpoint's answer."""
        path, is_poll = arrival.request.path, arrival.endpoint in POLLS and response.status == 200
        previous = self._last_polls.get(path) if is_poll else None
        fault = self._strike(
            "after", arrival.endpoint, arrival.number, lambda each: suits(each, arrival.request, response, previous)
        )
        if fault and fault.kind == "refusal":
            task_id = response.headers.get("x-runapi-task-id") if fault.names_task else None
            refusal = planned_refusal(fault, self._config, arrival.client_now, task_id)
            return replace(refusal, fault=fault.kind)
        answer = replace(damaged(fault, response, previous), fault=fault.kind) if fault else response
        if is_poll:
            self._last_polls[path] = previous if previous and fault and fault.kind == "stale_answer" else response
        return answer

    def fate(self, task: Task, number: int) -> Task:
        """The task of this number (from 1) with what is to become of it."""
        if fault := self._strike("task", "create", number, lambda fault: True):
            return fated(task, fault)
        every = self._config.fail_every
        if every and number % every == 0:
            return fated(task, Fault("task_failure", text=f"the mock server was told to fail one task in {every}"))
        return task

    def _strike(self, phase: Phase, endpoint: str, number: int, fits: Callable[[Fault], bool]) -> Fault | None:
        for plan in self._plans:
            is_meant = plan.fault.phase == phase and endpoint in plan.endpoints
            if is_meant and plan.is_due(number) and fits(plan.fault):
                plan.left -= 1
                self._plans = [each for each in self._plans if each.rate is not None or each.left > 0]
                self._met[plan.fault.kind] += 1
                return plan.fault
        return None
