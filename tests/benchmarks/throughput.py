"""What a render costs over the least that it must do: the same requests, made by bare httpx that writes nothing.

500 takes over HTTP at concurrency 64, from the loaded project to the last clip and the manifest, against the mock
server in a process of its own, where every task takes 200 ms and every clip is the same one, encoded once (else both
sides would wait for the encoder). The floor makes the creates, as many polls as the render made, and the downloads,
with as many clients and at most as many tasks in flight. Beside the polls of each task stand those of RunAPI's own SDK,
measured on one round of 64 tasks in 64 threads: it looks at once and then every 2 s.

Run by hand, it fails above 1.25 times the floor; with `--report` it makes fewer rounds and only prints.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
from mock_process import Mock, server  # type: ignore[import-not-found]  # beside this script

RATIO = 1.25
TAKES = 500
CONCURRENCY = 64
TASK_SECONDS = 0.2
ROUNDS, REPORTED_ROUNDS = 7, 3
KEY = "rk-of-the-benchmark"
CREATE = {"model": "kling-3.0", "duration_seconds": 5, "output_resolution": "720p"}
PROJECT = """schema = 1
[project]
name = "bench"
id = "{project_id}"
[budget]
max_usd = 100000
[defaults]
model = "kling-3.0"
duration_seconds = 5
output_resolution = "720p"
[shot.pack]
prompt = "Mug number {{{{ number }}}} turns slowly on a walnut table"
[shot.pack.matrix]
rows = [{rows}]
max = 1000
"""


def main() -> None:
    """Measure pairs of both, one after the other, and print the medians."""
    report = "--report" in sys.argv
    with server(TASK_SECONDS) as mock:
        rendered(mock, "warm-up", 8)
        pairs = [a_pair(mock, number) for number in range(REPORTED_ROUNDS if report else ROUNDS)]
        seconds, polls = sdk(mock)
    ratio = statistics.median(render / floor for render, floor, _ in pairs)
    looks = statistics.median(polls for *_, polls in pairs) / TAKES
    print(  # noqa: T201 - a report
        f"{TAKES} takes at concurrency {CONCURRENCY}: {ratio:.2f} times the floor (median of {len(pairs)} pairs; at "
        f"most {RATIO:g}), {looks:.2f} polls a task\n"
        f"RunAPI's SDK, {CONCURRENCY} tasks in as many threads: {polls:.2f} polls and {seconds:.1f} s a task of "
        f"{TASK_SECONDS:g} s"
    )
    if not report and ratio > RATIO:
        raise SystemExit("rendering costs too much")


def a_pair(mock: Mock, number: int) -> tuple[float, float, int]:
    """Seconds of a render, seconds of the floor, and how many polls both made."""
    render = rendered(mock, f"bench-{number}", TAKES)
    polls = mock.counts()["poll"]
    floor = floored(mock, polls)
    if mock.counts() != {"create": TAKES, "poll": polls, "download": TAKES}:
        raise SystemExit("the floor made other requests")
    print(f"render {render:.2f} s, floor {floor:.2f} s: {render / floor:.2f}; {polls} polls", flush=True)  # noqa: T201
    return render, floor, polls


def rendered(mock: Mock, project_id: str, takes: int) -> float:
    """Seconds of a render of so many takes."""
    from pydantic import SecretStr

    from kling_render.api import load, render
    from kling_render.settings import Settings

    settings = Settings(
        api_key=SecretStr(KEY), base_url=mock.url, concurrency=CONCURRENCY, downloads=CONCURRENCY,
        polls_per_second=10_000, poll_interval_seconds=TASK_SECONDS / 10,
    )  # fmt: skip
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:
        rows = ", ".join(f"{{ number = {number} }}" for number in range(takes))
        Path(folder, "project.toml").write_text(PROJECT.format(project_id=project_id, rows=rows), "utf-8")
        project = load(folder)
        mock.counts()
        gc.collect()
        begin = time.perf_counter()
        outcome = render(project, settings=settings)
        seconds = time.perf_counter() - begin
    if outcome.exit_code or len(outcome.submitted) != takes:
        raise SystemExit(f"the render did not deliver: {next(iter(outcome.problems.values()), outcome.halt)}")
    return seconds


def floored(mock: Mock, polls: int) -> float:
    """Seconds of the same requests, bare."""
    gc.collect()
    begin = time.perf_counter()
    asyncio.run(_floor(mock.url, polls))
    return time.perf_counter() - begin


async def _floor(url: str, polls: int) -> None:
    from kling_render.runapi.http_clients import CLIENTS

    takes = iter([(number + 1) * polls // TAKES - number * polls // TAKES for number in range(TAKES)])
    async with AsyncExitStack() as stack:
        tls = httpx.create_ssl_context()  # once: to read the certificates takes longer than most of a client's work
        headers = {"Authorization": f"Bearer {KEY}"}
        keyed = [httpx.AsyncClient(verify=tls, headers=headers) for _ in range(CLIENTS)]
        plain = [httpx.AsyncClient(verify=tls) for _ in range(CLIENTS)]
        for client in (*keyed, *plain):
            await stack.enter_async_context(client)
        async with asyncio.TaskGroup() as tasks:

            async def worker(number: int) -> None:
                mine = number * CLIENTS // CONCURRENCY
                for looks in takes:
                    tasks.create_task(_download(plain[mine], await _finished(keyed[mine], url, looks)))

            for number in range(CONCURRENCY):
                tasks.create_task(worker(number))


async def _finished(client: httpx.AsyncClient, url: str, looks: int) -> str:
    """Where the clip of a new task lies, after so many looks at it."""
    path = f"{url}/api/v1/kling/text_to_video"
    created = await client.post(path, json={**CREATE, "prompt": f"A mug {time.perf_counter_ns()}"})
    task = created.raise_for_status().json()
    await asyncio.sleep(TASK_SECONDS)
    for _ in range(looks):
        answer = await client.get(f"{path}/{task['id']}")
        task = answer.raise_for_status().json()
    return str(task["videos"][0]["url"])


async def _download(client: httpx.AsyncClient, url: str) -> None:
    async with client.stream("GET", url) as response:
        async for _ in response.raise_for_status().aiter_bytes():
            pass


def sdk(mock: Mock) -> tuple[float, float]:
    """Seconds and polls that a task takes with RunAPI's own SDK, one thread for each."""
    from runapi.kling import KlingClient

    client: Any = KlingClient(api_key=KEY, base_url=mock.url)

    def run(number: int) -> float:
        begin = time.perf_counter()
        client.text_to_video.run(**CREATE, prompt=f"A cup {number}")
        return time.perf_counter() - begin

    mock.counts()
    with ThreadPoolExecutor(CONCURRENCY) as threads:
        seconds = list(threads.map(run, range(CONCURRENCY)))
    client._http.close()
    return statistics.mean(seconds), mock.counts()["poll"] / CONCURRENCY


if __name__ == "__main__":
    main()
