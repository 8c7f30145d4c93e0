"""The faults that are planned: which strikes next, and how often each has struck."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
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
from mock_server.core.scenario import Subject
from mock_server.core.tasks import Task


def _always(fault: Fault) -> bool:
    return True


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
        subject: what it is about, where a scenario asks.
    """

    endpoint: str
    request: Request
    number: int
    client_now: datetime
    subject: Subject | None = None


class Faults:
    """The faults of one simulator: one at most strikes a request, and one a task; the one planned first, first."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._plans: list[_Plan] = []
        self._planned = 0
        self._met: Counter[str] = Counter()
        self._last_polls: dict[str, Response] = {}
        self.scenario = config.scenario

    def meet(self, arrival: Arrival) -> tuple[Fault, ...]:
        """What the scenario does to a request."""
        subject, scenario = arrival.subject, self.scenario
        if subject is None or scenario is None:
            return ()
        seed = self._config.seed if scenario.seed is None else scenario.seed
        struck = [rule for order, rule in enumerate(scenario.rules) if rule.strikes(subject, seed, order)]
        return tuple(fault for rule in struck for fault in rule.faults)

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

    def before(self, arrival: Arrival, met: Sequence[Fault] = ()) -> Response | None:
        """What a request is answered before its endpoint does anything; None for one that passes."""
        fault = self._first(met, "before") or self._strike("before", arrival.endpoint, arrival.number, _always)
        if fault is None:
            return None
        if fault.kind == "drop_request":
            return Response(503, {}, b"", Wire("lost"), fault.kind)
        return replace(planned_refusal(fault, self._config, arrival.client_now), fault=fault.kind)

    def after(self, arrival: Arrival, response: Response, met: Sequence[Fault] = ()) -> Response:
        """What becomes of an endpoint's answer."""
        for own in met:
            if own.phase == "after" and suits(own, arrival.request, response, None):
                self._met[own.kind] += 1
                response = self._spoiled(own, arrival, response, None)
        if response.fault:  # one that is planned by hand waits for an answer that is right
            return response
        path, is_poll = arrival.request.path, arrival.endpoint in POLLS and response.status == 200
        previous = self._last_polls.get(path) if is_poll else None
        fault = self._strike(
            "after", arrival.endpoint, arrival.number, lambda each: suits(each, arrival.request, response, previous)
        )
        if fault and fault.kind == "refusal":
            return self._spoiled(fault, arrival, response, previous)
        answer = self._spoiled(fault, arrival, response, previous) if fault else response
        if is_poll:
            self._last_polls[path] = previous if previous and fault and fault.kind == "stale_answer" else response
        return answer

    def _spoiled(self, fault: Fault, arrival: Arrival, response: Response, previous: Response | None) -> Response:
        if fault.kind == "refusal":
            task_id = response.headers.get("x-runapi-task-id") if fault.names_task else None
            refusal = planned_refusal(fault, self._config, arrival.client_now, task_id)
            return replace(refusal, fault=fault.kind)
        return replace(damaged(fault, response, previous), fault=fault.kind)

    def _first(self, met: Sequence[Fault], phase: Phase) -> Fault | None:
        fault = next((each for each in met if each.phase == phase), None)
        if fault is not None:
            self._met[fault.kind] += 1
        return fault

    def fate(self, task: Task, number: int, met: Sequence[Fault] = ()) -> Task:
        """The task of this number (from 1) with what is to become of it."""
        for own in met:
            if own.phase == "task":
                self._met[own.kind] += 1
                task = fated(task, own)
        if fault := self._strike("task", "create", number, _always):
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
