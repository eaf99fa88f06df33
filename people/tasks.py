"""Imports in the background."""

from celery import shared_task

from people.domain import imports
from people.queries import forgotten_imports


@shared_task
def check_people_import(pk: int) -> None:
    """Check an uploaded file."""
    with imports.failed_if_raised(pk):
        imports.check_import(pk=pk)


@shared_task
def apply_people_import(pk: int) -> None:
    """Apply a confirmed file."""
    with imports.failed_if_raised(pk):
        imports.apply_import(pk=pk, progress=imports.show_progress(pk))


@shared_task
def sweep_people_imports() -> None:
    """Take up what a lost task left behind. Both steps find out by themselves whether they are still needed."""
    for pk, state in forgotten_imports():
        task = check_people_import if state == "checking" else apply_people_import
        task.delay(pk)
