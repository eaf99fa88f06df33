"""The criteria as this application reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from matching.engine.criteria import Criteria


def read_criteria(data: Mapping[str, Any]) -> Criteria:
    """Criteria that were stored, uploaded or asked about. Raises ValueError naming a setting that is wrong.

    An exclusion holds whatever they say: it may be a no that somebody was promised.
    """
    found = Criteria.from_dict(data)
    return replace(found, rules=replace(found.rules, exclusions=True))
