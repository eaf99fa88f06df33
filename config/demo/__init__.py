"""The demo: an invented laboratory and a university, brought in by the same code that users have."""

from config.demo.accounts import ACCOUNTS


def load() -> None:
    """Fill an empty database. Imported late: the settings read the accounts before any app is there."""
    from config.demo.load import load as load_everything

    load_everything()


def loaded() -> bool:
    """Whether all of it is there."""
    from config.demo.load import loaded as everything_is_there

    return everything_is_there()


__all__ = ["ACCOUNTS", "load", "loaded"]
