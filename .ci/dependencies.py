"""Holds the dependencies to deny.toml, as `cargo deny check bans licenses sources` does.

    python3 .ci/dependencies.py

cargo-deny itself would be built from its sources on each checkout, which takes minutes; this asks
`cargo metadata`. Where cargo-deny is installed, it reads the same deny.toml.
"""

import collections
import json
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def metadata() -> dict:
    command = ["cargo", "metadata", "--locked", "--all-features", "--format-version", "1"]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


def choices(expression: str) -> list[set[str]]:
    """The sets of licences each of which satisfies an SPDX expression."""
    words = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))

    def either() -> list[set[str]]:
        found = both()
        while words and words[0] == "OR":
            words.pop(0)
            found = found + both()
        return found

    def both() -> list[set[str]]:
        found = one()
        while words and words[0] == "AND":
            words.pop(0)
            right = one()
            found = [a | b for a in found for b in right]
        return found

    def one() -> list[set[str]]:
        word = words.pop(0)
        if word == "(":
            found = either()
            assert words.pop(0) == ")", expression
            return found
        if words and words[0] == "WITH":
            word = f"{word} {words.pop(0)} {words.pop(0)}"
        return [{word}]

    found = either()
    assert not words, expression
    return found


def problems(packages: list[dict], members: set[str], rules: dict) -> list[str]:
    found, used = [], set()
    allowed = set(rules["licenses"]["allow"])
    banned = set(rules["bans"]["deny"])
    for package in packages:
        name = f"{package['name']} {package['version']}"
        if package["name"] in banned:
            found.append(f"{name} is banned")
        is_ours = package["id"] in members
        if package["source"] != (None if is_ours else CRATES_IO):
            found.append(f"{name} comes from {package['source']}")
        sets = [each for each in choices(package["license"] or "none") if each <= allowed]
        if not sets:
            found.append(f"{name} has the licence {package['license']}, which is not allowed")
        used.update(*sets)
        if is_ours:
            wild = [each["name"] for each in package["dependencies"] if each["req"] == "*"]
            found += [f"{name} takes any version of {each}" for each in wild]
    found += [f"no dependency has the licence {each}: take it off" for each in allowed - used]
    return found


def main() -> None:
    rules = tomllib.loads((ROOT / "deny.toml").read_text())
    graph = metadata()
    packages, members = graph["packages"], set(graph["workspace_members"])
    versions = collections.defaultdict(list)
    for package in packages:
        versions[package["name"]].append(package["version"])
    for name, several in sorted(versions.items()):
        if len(several) > 1:
            print(f"note: {len(several)} versions of {name}: {', '.join(several)}")
    found = problems(packages, members, rules)
    if found:
        sys.exit("\n".join(["dependencies.py: deny.toml is not kept:", *sorted(found)]))
    print(f"ok: {len(packages)} packages keep to deny.toml")


main()
