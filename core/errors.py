"""The one kind of error that people may see."""

from django.utils.functional import Promise


class Refused(Exception):
    """A domain verb said no.

    `code` is stable and for programs, `message` says what is wrong, `hint` says what to do.
    A view shows it, a task records it.
    """

    def __init__(self, code: str, message: str | Promise, hint: str | Promise = "") -> None:
        super().__init__(str(message))
        self.code = code
        self.message = message
        self.hint = hint
