"""What every script of a release needs: the version, the names, the targets, and where things lie."""

import pathlib
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WORK = ROOT / "packaging" / ".work"

# Rust's triples, in the order in which people ask for them.
TARGETS = [
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-gnu",
]


def version(root: pathlib.Path = ROOT) -> str:
    """The version's one source."""
    return tomllib.loads((root / "Cargo.toml").read_text())["workspace"]["package"]["version"]


def names(root: pathlib.Path = ROOT) -> dict:
    return tomllib.loads((root / "packaging" / "placeholders.toml").read_text())


def repository(root: pathlib.Path = ROOT) -> str:
    """The address of the repository."""
    own = names(root)
    return f"https://github.com/{own['github_owner']}/{own['github_repository']}"


def is_windows(target: str) -> bool:
    return "windows" in target


def program(target: str) -> str:
    return "momosandbox.exe" if is_windows(target) else "momosandbox"


def archive(target: str, of_version: str) -> str:
    ending = "zip" if is_windows(target) else "tar.xz"
    return f"momosandbox-{of_version}-{target}.{ending}"


def commit_time() -> int:
    """The time of the last commit, so that two runs on the same commit make the same bytes."""
    command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


if __name__ == "__main__":
    told = {"targets": "\n".join(TARGETS), "version": version()}
    if len(sys.argv) != 2 or sys.argv[1] not in told:
        sys.exit("project: the one argument is `targets` or `version`")
    print(told[sys.argv[1]])
