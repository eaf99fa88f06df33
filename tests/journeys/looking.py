"""Looking at a page as a reader would who sees little, uses a phone, or has only a keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python

from tests.harness.browser import Window

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
OPTIONS: dict[str, Any] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
    "iframes": False,  # a mail's preview is another document, and looked at as a page of its own
    "preload": {"assets": ["media"]},  # only a rule that is not asked for needs the style sheets' text
}
# The dark theme changes nothing but colors, and these are the same in every width: they take axe most of its time.
NARROW = {**OPTIONS, "rules": {**OPTIONS["rules"], "color-contrast": {"enabled": False}}}
COLORS = {
    **OPTIONS,
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "rules": {},
}
WIDTHS = {360: 780, 1280: 900}
THEMES = ("light", "dark")
# WCAG 2.5.8: 24 by 24 pixels, but for links in a run of text. A box counts with its label.
SMALL = """() => [...document.querySelectorAll('a[href], button, summary, input, select, textarea')]
    .map(one => one.matches('input[type=checkbox], input[type=radio]') ? one.closest('label') || one : one)
    .filter(one => one.checkVisibility({visibilityProperty: true, opacityProperty: true})
        && !one.closest('.visually-hidden, .skip'))
    .filter(one => !(one.matches('a') && getComputedStyle(one).display === 'inline'))
    .map(one => [one, one.getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && (box.width < 24 || box.height < 24))
    .map(([one, box]) => `${one.outerHTML.slice(0, 90)} is ${Math.round(box.width)} x ${Math.round(box.height)}`)"""
# One question for each look: what axe passes is long, and not told.
SEEN = f"""async options => ({{
    violations: options ? (await axe.run(options)).violations : [],
    over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    small: ({SMALL})(),
}})"""
FOCUSED = """() => {
    const one = document.activeElement, box = one.getBoundingClientRect(), style = getComputedStyle(one);
    const at = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, innerHeight / 2));
    const label = one.closest('label');
    return {
        what: one === document.body ? '' : one.outerHTML.slice(0, 90),
        marked: [one, label, one.parentElement].filter(Boolean).map(each => getComputedStyle(each)).some(each =>
            (each.outlineStyle !== 'none' && parseFloat(each.outlineWidth) >= 1) || each.boxShadow !== 'none'),
        inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        uncovered: !!at && (one.contains(at) || at.contains(one) || !!(label && label.contains(at))),
    };
}"""


def looks(window: Window) -> Iterator[str]:
    """The page in each width and theme, by name. It is loaded once; style sheets do the rest."""
    for width, height in WIDTHS.items():
        window.page.set_viewport_size({"width": width, "height": height})
        for theme in THEMES:
            window.page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
            yield f"{width} {theme}"


def problems(window: Window) -> list[str]:
    """What is wrong with the page that the window shows, in any width and theme."""
    found = []
    window.page.evaluate(AXE)
    for look in looks(window):
        options = {"360 light": NARROW, "1280 light": OPTIONS, "1280 dark": COLORS}.get(look)
        seen = window.page.evaluate(SEEN, options)
        found += [f"{look}: {line}" for line in _violations(seen["violations"])]
        if seen["over"] > 0:
            found.append(f"{look}: wider than the screen by {seen['over']}")
        if look.endswith("light"):
            found += [f"{look}: small target {line}" for line in seen["small"]]
    return found


def _violations(rules: list[dict[str, Any]]) -> list[str]:
    return [
        f"{rule['id']} {node['target']} {node['failureSummary'].splitlines()[1].strip()}"
        for rule in rules
        for node in rule["nodes"][:3]
    ]


def focus_problems(window: Window, *, most: int = 80) -> list[str]:
    """Tab through the page: whatever has the focus shows it, and is neither off the screen nor covered."""
    found, seen = [], 0
    window.page.evaluate("document.activeElement.blur()")
    for _press in range(most):
        window.page.keyboard.press("Tab")
        at = window.page.evaluate(FOCUSED)
        if not at["what"]:
            break
        seen += 1
        found += [f"{fault}: {at['what']}" for fault in ("marked", "inside", "uncovered") if not at[fault]]
    assert seen > 3
    return found


def tab_to(window: Window, selector: str, *, most: int = 150) -> None:
    """Reach something by the Tab key alone."""
    for _press in range(most):
        if window.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        window.page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached by keyboard at {window.page.url}")


def enter(window: Window) -> None:
    """Press Enter where the focus is, and wait for the next page."""
    with window.page.expect_navigation(wait_until="load"):
        window.page.keyboard.press("Enter")
