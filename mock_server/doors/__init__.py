"""The ways in: httpx in-process, ASGI, HTTP, respx. Thin: each only carries requests to the simulator."""
