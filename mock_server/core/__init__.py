"""The simulator: RunAPI's Kling endpoints as a function of requests and time, without I/O."""
