"""Rendering of one component."""

from typing import Any

from django.template.loader import get_template
from django.utils.safestring import SafeString


def partial(name: str, /, **values: Any) -> SafeString:
    """Render templates/ui/<name>.html with these values and nothing else."""
    return SafeString(get_template(f"ui/{name}.html").render(values))
