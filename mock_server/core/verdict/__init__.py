"""The verdict: what a careless client would have cost, judged from the journal alone; it works on any client."""

from mock_server.core.verdict.findings import CODES, Code, Finding, Verdict
from mock_server.core.verdict.judge import judge
from mock_server.core.verdict.record import Record

__all__ = ["CODES", "Code", "Finding", "Record", "Verdict", "judge"]
