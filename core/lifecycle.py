"""State machines as tables: which state may follow which."""

from collections.abc import Iterable, Mapping

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from core.errors import Refused


class Lifecycle:
    """The legal moves of one kind of object, by state value."""

    def __init__(self, moves: Mapping[str, Iterable[str]]) -> None:
        self.moves = {state: frozenset(after) for state, after in moves.items()}
        unknown = {after for states in self.moves.values() for after in states} - self.moves.keys()
        if unknown:
            raise ValueError(f"moves lead to states that the table lacks: {sorted(unknown)}")

    def may(self, before: str, after: str) -> bool:
        """Whether `after` may follow `before`."""
        return after in self.moves[before]


def move(obj: Model, to: str, *, also: Iterable[str] = ()) -> None:
    """Bring a locked row into the state `to` and save it, together with the fields named in `also`.

    The model carries its table as `lifecycle` and its state as `state`.
    Raises Refused("illegal_move") where the table has no such move.
    """
    lifecycle: Lifecycle = obj.lifecycle  # type: ignore[attr-defined]
    before: str = obj.state  # type: ignore[attr-defined]
    if not lifecycle.may(before, to):
        raise Refused(
            "illegal_move",
            _("This is no longer possible: it is now “%(state)s”.") % {"state": obj.get_state_display()},  # type: ignore[attr-defined]
            _("Reload the page to see where it stands."),
        )
    obj.state = to  # type: ignore[attr-defined]
    obj.save(update_fields=["state", *also])
