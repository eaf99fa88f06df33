"""Nothing grows past what a person can read: files, functions, templates, own JavaScript."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON_FILE, TEST_FILE, FUNCTION, TEMPLATE, JAVASCRIPT = 400, 800, 40, 120, 1000


def main() -> int:
    problems = sorted(oversized(ROOT, tracked(ROOT)))
    print("\n".join(problems))
    return 1 if problems else 0


def tracked(root: Path) -> list[Path]:
    """What git knows, or would."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split("\n")
    return [Path(name) for name in names if name and (root / name).is_file()]


def oversized(root: Path, paths: list[Path]) -> Iterator[str]:
    """One line for each thing over its limit."""
    javascript = 0
    for path in paths:
        if "migrations" in path.parts:
            continue
        if path.suffix in {".py", ".html", ".txt", ".js"}:
            text = (root / path).read_text(encoding="utf-8")
            lines = len(text.splitlines())
        if path.suffix == ".py":
            limit = TEST_FILE if path.parts[0] == "tests" else PYTHON_FILE
            if lines > limit:
                yield f"{path}: {lines} lines, at most {limit}"
            yield from long_functions(path, text)
        elif "templates" in path.parts and lines_over(path, lines):
            yield f"{path}: {lines} lines, at most {TEMPLATE}"
        elif path.suffix == ".js" and path.parts[0] == "static":
            javascript += lines
    if javascript > JAVASCRIPT:
        yield f"static/: {javascript} lines of JavaScript, at most {JAVASCRIPT}"


def lines_over(path: Path, lines: int) -> bool:
    return path.suffix in {".html", ".txt"} and lines > TEMPLATE


def long_functions(path: Path, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION:
                yield f"{path}:{node.lineno}: {node.name} has {lines} lines, at most {FUNCTION}"


if __name__ == "__main__":
    sys.exit(main())
