"""Shared by all tests: `pytester`, for the tests of the pytest plugins."""

pytest_plugins = ["pytester"]
