"""Criteria, runs kept as versions, proposals, and what the manager has fixed by hand."""

from matching.models.answers import SideAnswer
from matching.models.circles import Circle
from matching.models.criteria import Scheme
from matching.models.decisions import Decision
from matching.models.fixed import Exclusion, Lock, PastPair
from matching.models.inputs import RunInput
from matching.models.pieces import RunPart
from matching.models.presets import Preset
from matching.models.runs import Leftover, Outlook, Proposal, Run
from matching.models.shortlists import ShortlistRound

__all__ = [
    "Circle", "Decision", "Exclusion", "Leftover", "Lock", "Outlook", "PastPair", "Preset", "Proposal", "Run",
    "RunInput", "RunPart", "Scheme", "ShortlistRound", "SideAnswer",
]  # fmt: skip
