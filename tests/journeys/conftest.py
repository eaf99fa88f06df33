"""The journeys need a browser."""

from tests.harness.browser import chromium, window

__all__ = ["chromium", "window"]
