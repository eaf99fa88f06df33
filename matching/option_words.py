"""The options of a run in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from matching.models import Run


def minimum_words(run: Run) -> str:
    """The minimum fit that was chosen for the run alone, with what came of it."""
    if run.raise_lowest:
        found = run.certificate.get("minimum")
        if found:
            return _("raised as far as possible: %(n)s of 100") % {"n": found["fit"]}
        return _("raised as far as possible")
    return _("%(n)s of 100") % {"n": run.least_fit} if run.least_fit else _("none beside the criteria")


def start_words(run: Run) -> str:
    """The pairs that it keeps close to."""
    if run.start == Run.Start.SCRATCH:
        return _("from scratch")
    if run.start == Run.Start.RUN and run.start_run:
        return _("run %(n)s") % {"n": run.start_run.number}
    return _("the newest result")


def unusual(run: Run) -> list[str]:
    """What differs from the usual options, for the list of runs and a run under way."""
    told = []
    if run.raise_lowest or run.least_fit:
        told.append(_("Minimum fit: %(what)s") % {"what": minimum_words(run)})
    if run.start != Run.Start.NEWEST:
        told.append(_("Started from: %(what)s") % {"what": start_words(run)})
    return told


def proven_minimum(run: Run) -> str:
    """What was proven of the weakest pair; empty where there was no minimum."""
    found = run.certificate.get("minimum")
    if not found:
        return ""
    if not found["fit"]:
        return _("Any minimum fit would leave fewer matched: that is proven.")
    if run.numbers.get("locked"):
        least = _("No pair but locked ones fits less than %(n)s of 100.")
    else:
        least = _("No pair fits less than %(n)s of 100.")
    proof = _("A higher minimum would leave fewer matched: that is proven.") if found["highest"] else ""
    return f"{least % {'n': found['fit']}} {proof}".strip()


def kept_close(run: Run) -> str:
    """Where it started from, where that is not the usual."""
    if run.start == Run.Start.SCRATCH:
        return _("It started from scratch, so pairs may differ from those of earlier runs.")
    if run.start == Run.Start.RUN and run.start_run:
        return _("It keeps the pairs of run %(n)s wherever nothing is lost by it.") % {
            "n": run.start_run.number
        }
    return ""
