"""The packages that a program of ours is made of, as Cargo resolves them for a target."""

import dataclasses
import json
import pathlib
import subprocess

import project


@dataclasses.dataclass(frozen=True)
class Package:
    name: str
    version: str
    licence: str
    authors: tuple[str, ...]
    description: str
    repository: str
    folder: pathlib.Path
    is_ours: bool
    # The names and versions of what it depends on.
    needs: tuple[tuple[str, str], ...]


def checksums() -> dict[tuple[str, str], str]:
    """The SHA-256 of each package's archive, from the lock file."""
    lock = project.tomllib.loads((project.ROOT / "Cargo.lock").read_text())
    return {
        (each["name"], each["version"]): each["checksum"]
        for each in lock["package"]
        if "checksum" in each
    }


def shipped(target: str) -> list[Package]:
    """The program's packages for a target, ours included: what is linked, and the macros that wrote
    some of its source, but nothing that only tests or builds need."""
    command = [
        "cargo",
        "metadata",
        "--locked",
        "--format-version",
        "1",
        "--filter-platform",
        target,
    ]
    output = subprocess.run(command, cwd=project.ROOT, check=True, stdout=subprocess.PIPE).stdout
    graph = json.loads(output)
    packages = {each["id"]: each for each in graph["packages"]}
    nodes = {each["id"]: each for each in graph["resolve"]["nodes"]}

    def needs(identity: str) -> list[str]:
        return [
            dep["pkg"]
            for dep in nodes[identity]["deps"]
            if any(kind["kind"] is None for kind in dep["dep_kinds"])
        ]

    root = graph["resolve"]["root"]
    reached, waiting = {root}, [root]
    while waiting:
        for each in needs(waiting.pop()):
            if each not in reached:
                reached.add(each)
                waiting.append(each)

    def key(identity: str) -> tuple[str, str]:
        return packages[identity]["name"], packages[identity]["version"]

    return [
        Package(
            name=packages[each]["name"],
            version=packages[each]["version"],
            licence=(packages[each]["license"] or "").replace("/", " OR "),
            authors=tuple(packages[each]["authors"]),
            description=packages[each]["description"] or "",
            repository=packages[each]["repository"] or "",
            folder=pathlib.Path(packages[each]["manifest_path"]).parent,
            is_ours=packages[each]["source"] is None,
            needs=tuple(sorted(key(dep) for dep in needs(each))),
        )
        for each in sorted(reached, key=key)
    ]
