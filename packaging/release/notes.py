"""The notes of a release: its section of CHANGELOG.md.

python3 packaging/release/notes.py 1.2.3
"""

import pathlib
import re
import sys

HEADING = re.compile(r"^## (Unreleased|\d+\.\d+\.\d+\S*)(?: .*)?$")


def sections(change_log: str) -> dict[str, str]:
    """The text of each version, and of what is unreleased, without its heading."""
    found: dict[str, list[str]] = {}
    current = None
    for line in change_log.splitlines():
        heading = HEADING.match(line)
        if heading:
            current = found.setdefault(heading[1], [])
        elif line.startswith("## "):
            sys.exit(f"CHANGELOG.md: `{line}` is neither `## Unreleased` nor `## VERSION`")
        elif current is not None:
            current.append(line)
    return {version: "\n".join(lines).strip() for version, lines in found.items()}


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    version = sys.argv[1]
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    text = sections((root / "CHANGELOG.md").read_text()).get(version)
    if not text:
        sys.exit(f"notes: CHANGELOG.md has no section `## {version}` with text")
    print(text)


if __name__ == "__main__":
    main()
