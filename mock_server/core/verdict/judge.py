"""A pure function from a record to the verdict on its client."""

from __future__ import annotations

from collections.abc import Iterator

from mock_server.core.verdict.billing import billing_findings
from mock_server.core.verdict.clips import clip_findings
from mock_server.core.verdict.findings import CODES, Finding, Verdict
from mock_server.core.verdict.pace import pace_findings
from mock_server.core.verdict.record import Record
from mock_server.core.verdict.secrets import secret_findings


def judge(record: Record) -> Verdict:
    """What a careful client would not have done, gravest kinds first."""
    found = list(billing_findings(record))
    found += clip_findings(record, {number for finding in found for number in finding.requests})
    found += [*pace_findings(record), *secret_findings(record), *_incomplete(record)]
    return Verdict(tuple(sorted(found, key=lambda each: (CODES.index(each.code), each.requests))))


def _incomplete(record: Record) -> Iterator[Finding]:
    if record.dropped:
        yield Finding("journal_incomplete", f"the first {record.dropped} requests are not in the journal any more")
