"""The recipes' code blocks: each that begins with a comment which names a file is that file."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs/recipes.md"
BLOCK = re.compile(r"^```(\w+)\n(?:#|//) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> dict[str, str]:
    return {name: text for _, name, text in BLOCK.findall(PAGE.read_text())}


def write(folder: Path, *names: str) -> None:
    """Writes these files, which the page must have."""
    there = blocks()
    for name in names:
        (folder / name).write_text(there[name])
