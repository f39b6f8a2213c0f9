"""Writes packaging/THIRD-PARTY-LICENSES.txt: the notices of all that the programs are made of.

    python3 packaging/release/licences.py            # writes the file
    python3 packaging/release/licences.py --check    # exit code 1 if the file is not up to date

The texts come from the sources of the packages, as Cargo has unpacked them. Where a package may be
taken under the MIT licence alone, only that text stands here.
"""

import pathlib
import re
import sys
import textwrap

import dependencies
import project

FILE = project.ROOT / "packaging" / "THIRD-PARTY-LICENSES.txt"
# Files of other projects that the program serves: the folder with their licence, and their name.
VENDORED = {project.ROOT / "src" / "console" / "page" / "vendor": "lit-html"}
RUNTIME = pathlib.Path(__file__).resolve().parent / "licences"
LICENCE_FILE = re.compile(r"(?i)(licen[sc]e|copying|unlicense)")
NOTICE_FILE = re.compile(r"(?i)(notice|copyright)")
RULE = "=" * 80

HEAD = """\
momosandbox is under the MIT licence or the Apache License 2.0, at your choice (LICENSE-MIT,
LICENSE-APACHE). It is made of the packages below. Each has the licences named behind it; the texts
follow. A package with a choice of licences is used under the first of these that it offers: MIT,
then those whose texts are here.
"""


def texts(package: dependencies.Package, others: list[dependencies.Package]) -> list[str]:
    """The texts that must go with a package."""
    files = sorted(each for each in package.folder.iterdir() if each.is_file())
    licences = [each for each in files if LICENCE_FILE.match(each.name)]
    notices = [each for each in files if NOTICE_FILE.match(each.name)]
    mit = [each for each in licences if re.search(r"(?i)mit", each.name)]
    if (
        mit
        and re.fullmatch(r"[^()]*\bMIT\b[^()]*", package.licence)
        and "AND" not in package.licence
    ):
        licences = mit
    if not licences:
        # A package of a family whose sources lie in one repository, where the text is.
        family = [
            each
            for each in others
            if each.repository and each.repository == package.repository and each != package
        ]
        if not family:
            sys.exit(
                f"licences: {package.name} {package.version} ({package.licence}) has no text "
                f"of its licence, and no other package has its repository"
            )
        return texts(family[0], [])
    return [each.read_text(errors="replace") for each in licences + notices]


def normal(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().lower()


def vendored() -> list[tuple[str, str, str]]:
    """The name, the licence and its text of each vendored project, by what its files say."""
    found = []
    for folder, name in VENDORED.items():
        head = (folder / f"{name}.js").read_text().splitlines()[0]
        line = re.match(rf"// {name} (\d[\w.-]*), .* (\S+): LICENSE\.$", head)
        if not line:
            sys.exit(f"licences: {name}.js has no version and licence in its first line")
        text = (folder / "LICENSE").read_text()
        found.append((f"{name} {line[1]}", line[2], text))
    return found


def made() -> str:
    packages = {}
    for target in project.TARGETS:
        packages |= {(each.name, each.version): each for each in dependencies.shipped(target)}
    third = [each for _, each in sorted(packages.items()) if not each.is_ours]
    used: dict[str, tuple[str, list[str]]] = {}
    for package in third:
        for text in texts(package, third):
            _, users = used.setdefault(normal(text), (text, []))
            name = f"{package.name} {package.version}"
            if name not in users:
                users.append(name)
    lines = [HEAD]
    lines += [f"{each.name} {each.version}: {each.licence}" for each in third]
    lines += [f"{name}: {licence} (in the page of the console)" for name, licence, _ in vendored()]
    for name, _, text in vendored():
        used.setdefault(normal(text), (text, []))[1].append(name)
    for file in sorted(RUNTIME.glob("*.txt")):
        lines += ["", RULE, file.stem, RULE, "", file.read_text().rstrip()]
    for text, users in sorted(used.values(), key=lambda each: each[1]):
        body = "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
        names = textwrap.fill(", ".join(users), 80, break_on_hyphens=False)
        lines += ["", RULE, names, RULE, "", body]
    return "\n".join(lines) + "\n"


def main() -> None:
    text = made()
    if sys.argv[1:] == ["--check"]:
        if not FILE.exists() or FILE.read_text() != text:
            sys.exit(
                f"licences: {FILE.name} is not up to date: python3 packaging/release/licences.py"
            )
        print(f"ok: {FILE.name} is up to date")
        return
    FILE.write_text(text)
    print(f"{FILE.relative_to(project.ROOT)}: {len(text.encode())} bytes")


if __name__ == "__main__":
    main()
