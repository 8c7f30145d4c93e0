"""What a web shop could look like that sells the card with a name on it: it orders a clip and waits for it."""

import os
import time

import httpx


def order_clip(name: str, *, order_number: str) -> str:
    """The URL of a finished clip. The same order number never buys a second one, however often it is tried."""
    headers = {"Authorization": f"Bearer {os.environ['RUNAPI_API_KEY']}", "Idempotency-Key": order_number}
    body = {"model": "kling-3.0", "duration_seconds": 3, "prompt": f'A paper card opens; inside is written "{name}".'}
    with httpx.Client(base_url=os.environ["RUNAPI_BASE_URL"], headers=headers) as api:
        task = api.post("/api/v1/kling/text_to_video", json=body).raise_for_status().json()
        while task["status"] in ("pending", "processing"):
            time.sleep(float(os.environ.get("POLL_SECONDS", "5")))
            task = api.get(f"/api/v1/kling/text_to_video/{task['id']}").raise_for_status().json()
    if task["status"] != "completed":
        raise RuntimeError(f"the clip of order {order_number} failed: {task['error']}")
    return task["videos"][0]["url"]
