"""The validator: judges a rendered request body against one model's fields and rules.

The shape of a request (everything but the words of its texts) is judged once and remembered: the takes of a project
differ mostly in their words. Texts, and the files behind its URLs, are judged each time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kling_render.catalog.checks import CHECKS
from kling_render.catalog.files import judge_media
from kling_render.catalog.media import MediaLookup, nothing_known
from kling_render.catalog.models import ModelSpec, Rule, Severity, effective, same
from kling_render.catalog.values import is_absent, judge_text, judge_value, show, take_texts

_REMEMBERED = 4096


@dataclass(frozen=True)
class Finding:
    """One thing the API would refuse (or might not like): field path, value, rule in words, source of the rule."""

    field: str
    value: Any
    message: str
    source: str
    severity: Severity = "error"


class Judge:
    """Judges requests for one model on one action."""

    def __init__(self, model: ModelSpec) -> None:
        self._model = model
        self._spot = f"{model.name} ({model.action})"
        self._order = {name: at for at, name in enumerate([*model.fields, *model.forbidden])}
        self._remembered: dict[str, tuple[Finding, ...]] = {}

    def judge(self, body: Mapping[str, Any], media: MediaLookup = nothing_known) -> list[Finding]:
        """Everything wrong or doubtful in `body`, whatever the order of its keys.

        Absent means missing, null, an empty string or an empty list; `false` is present.
        """
        present = {name: body[name] for name in sorted(body, key=self._rank) if not is_absent(body[name])}
        shape, texts = take_texts(self._model.fields, present)
        findings = list(self._judge_shape(shape))
        for spec, path, text in texts:
            findings += [self._named(*verdict) for verdict in judge_text(spec, path, text)]
        for check in self._model.checks:
            findings += [Finding(*verdict) for verdict in CHECKS[check](self._model, present)]
        findings += [self._named(*verdict) for verdict in judge_media(self._model, present, media)]
        return findings

    def _rank(self, name: str) -> tuple[int, str]:
        return self._order.get(name, len(self._order)), str(name)

    def _judge_shape(self, shape: Mapping[str, Any]) -> tuple[Finding, ...]:
        try:
            key = json.dumps(shape)
        except (TypeError, ValueError, RecursionError):  # no JSON: judged all the same, but not remembered
            return tuple(self._fresh(shape))
        if key not in self._remembered:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = tuple(self._fresh(shape))
        return self._remembered[key]

    def _fresh(self, shape: Mapping[str, Any]) -> Iterator[Finding]:
        for name, value in shape.items():
            yield from self._judge_field(name, value)
        for name in ("model", *self._model.required):
            if name not in shape:
                yield Finding(name, None, f"{name} is required by {self._spot}", self._model.source)
        for rule in self._model.rules:
            if rule.holds(shape, self._model.fields):
                yield from self._judge_presence(rule, shape)
                yield from self._judge_values(rule, shape)

    def _judge_field(self, name: str, value: Any) -> Iterator[Finding]:
        spec = self._model.fields.get(name)
        if spec is not None:
            yield from (self._named(*verdict) for verdict in judge_value(spec, name, value))
        elif name in self._model.forbidden:
            text = f"{name} is not allowed for {self._spot}, not even {show(value)}"
            yield Finding(name, value, text, self._model.source)
        else:
            yield Finding(name, value, f"{name} is not a field of {self._spot}", self._model.source)

    def _judge_presence(self, rule: Rule, shape: Mapping[str, Any]) -> Iterator[Finding]:
        for name in rule.require:
            if name not in shape:
                yield Finding(name, None, f"{name} is missing: {rule.why}", rule.source)
        given = [name for name in rule.require_one if name in shape]
        if rule.require_one and len(given) != 1:
            name = (given or rule.require_one)[0]
            text = " and ".join(given) if given else f"{' or '.join(rule.require_one)} is missing"
            yield Finding(name, shape.get(name), f"{text}: {rule.why}", rule.source)
        for name in rule.forbid:
            if name in shape:
                yield Finding(name, shape[name], f"{name} is not allowed here: {rule.why}", rule.source)
        for name in rule.advise:
            yield Finding(name, shape.get(name), f"{name}: {rule.why}", rule.source, "warning")

    def _judge_values(self, rule: Rule, shape: Mapping[str, Any]) -> Iterator[Finding]:
        for name, allowed in rule.values.items():
            value = effective(name, shape, self._model.fields)
            if value is not None and not any(same(value, each) for each in allowed):
                left_out = "" if name in shape else " (its default)"
                yield Finding(name, value, f"{name} = {show(value)}{left_out}: {rule.why}", rule.source)
        for name, most in rule.max_items.items():
            entries = shape.get(name)
            if isinstance(entries, list) and len(entries) > most:
                yield Finding(name, entries, f"{name} has {len(entries)} entries: {rule.why}", rule.source)

    def _named(self, path: str, value: Any, text: str, source: str, severity: Severity) -> Finding:
        return Finding(path, value, f"{text}, for {self._spot}", source, severity)
