"""The demo's settings keep what only the demo has, whatever they are built on."""

import importlib

from config.demo.accounts import ACCOUNTS


def test_the_sign_in_page_of_the_demo_has_its_accounts() -> None:
    demo = importlib.import_module("config.settings.demo")

    assert (demo.DEMO, demo.DEMO_ACCOUNTS) == (True, ACCOUNTS)
