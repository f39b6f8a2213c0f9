"""Writes the Homebrew formula and the Scoop manifest of a release.

    python3 packaging/release/manifests.py SHA256SUMS FOLDER

The templates are in packaging/homebrew and packaging/scoop; the checksums are those of the release.
"""

import pathlib
import re
import sys

import project

TEMPLATES = ["homebrew/momosandbox.rb.template", "scoop/momosandbox.json.template"]
PLACE = re.compile(r"@([A-Z0-9]+)(?: ([a-z0-9_-]+))?@")


def sums(file: pathlib.Path) -> dict[str, str]:
    found = {}
    for number, line in enumerate(file.read_text().splitlines(), 1):
        match = re.fullmatch(r"([0-9a-f]{64})  (\S+)", line)
        if not match:
            sys.exit(f"manifests: {file}:{number}: `{line}` is not a line of sha256sum")
        found[match[2]] = match[1]
    return found


def filled(template: str, of_files: dict[str, str]) -> str:
    version, repository = project.version(), project.repository()

    def value(place: re.Match) -> str:
        name, target = place[1], place[2]
        if target:
            file = project.archive(target, version)
            if file not in of_files:
                sys.exit(f"manifests: the checksums have no `{file}`")
            url = f"{repository}/releases/download/v{version}/{file}"
            return {"URL": url, "SHA256": of_files[file]}[name]
        return {
            "VERSION": version,
            "REPOSITORY": repository,
            "HOMEPAGE": project.names()["homepage"],
        }[name]

    return PLACE.sub(value, template)


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    of_files, into = sums(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[2])
    for name in TEMPLATES:
        text = filled((project.ROOT / "packaging" / name).read_text(), of_files)
        file = into / name.removesuffix(".template")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        print(file)


if __name__ == "__main__":
    main()
