"""The demo: an invented laboratory and a university, brought in by the same code that users have."""

from config.demo.accounts import ACCOUNTS

__all__ = ["ACCOUNTS"]
