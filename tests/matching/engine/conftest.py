"""Hypothesis profile of the engine: ENGINE_EXAMPLES=2000 searches deeper."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "engine",
    max_examples=int(os.environ.get("ENGINE_EXAMPLES", "60")),
    deadline=None,
    derandomize="ENGINE_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
settings.load_profile("engine")
