"""The base image of the tests: no image can be pulled where they run, so it is made here.

It stands for `rust` and for `python` of the Dockerfiles, which are built unmodified and without a
network: Debian with a C compiler and Python, this machine's Rust, and the sources and wheels that
the builds ask their registries for.
"""

import os
import shutil
import subprocess
from pathlib import Path

from engine import docker, run

ROOT = Path(__file__).resolve().parents[3]
WORK = Path(__file__).resolve().parent / ".work"
NAME = "momo-sandbox-test-base"

ENVIRONMENT = {
    "PATH": "/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "CARGO_HOME": "/cargo",
    "PIP_NO_INDEX": "1",
    "PIP_FIND_LINKS": "/wheels",
    "PIP_BREAK_SYSTEM_PACKAGES": "1",
}


def make() -> None:
    """Makes the image from scratch."""
    root = WORK / "base"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    packages = "gcc,libc6-dev,python3,python3-pip"
    suite = "bookworm"
    run("debootstrap", "--variant=minbase", f"--include={packages}", suite, root, timeout=1200)
    shutil.rmtree(root / "var/cache/apt/archives", ignore_errors=True)
    (root / "usr/bin/python").symlink_to("python3")
    copy_rust(root / "rust")
    vendor_crates(root)
    wheels = root / "wheels"
    python = WORK / "venv/bin/python"
    run(python, "-m", "pip", "download", "--quiet", "-d", wheels, "mtn-momo-client==2.0.1",
        "--python-version", "3.11", "--only-binary=:all:", timeout=300)
    import_folder(root)
    shutil.rmtree(root)


def copy_rust(to: Path) -> None:
    sysroot = Path(run("rustc", "--print", "sysroot", cwd=ROOT).strip())
    (to / "bin").mkdir(parents=True)
    for program in ("cargo", "rustc"):
        shutil.copy2(sysroot / "bin" / program, to / "bin" / program)
    host = run("rustc", "--print", "host-tuple", cwd=ROOT).strip()
    (to / "lib/rustlib").mkdir(parents=True)
    for library in (sysroot / "lib").glob("*.so*"):
        shutil.copy2(library, to / "lib" / library.name)
    shutil.copytree(sysroot / "lib/rustlib" / host, to / "lib/rustlib" / host, symlinks=True)


def vendor_crates(root: Path) -> None:
    crates = root / "crates"
    run("cargo", "vendor", "--quiet", "--locked", "--versioned-dirs", crates, cwd=ROOT, timeout=600)
    home = root / "cargo"
    home.mkdir()
    (home / "config.toml").write_text(
        '[source.crates-io]\nreplace-with = "crates"\n[source.crates]\ndirectory = "/crates"\n'
    )


def import_folder(root: Path) -> None:
    changes = [f"ENV {name}={value}" for name, value in ENVIRONMENT.items()]
    words = [word for change in changes for word in ("--change", change)]
    tar = subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE)
    subprocess.run(
        ["docker", "import", *words, "-", NAME], stdin=tar.stdout, check=True, timeout=600,
        stdout=subprocess.DEVNULL, env=os.environ,
    )
    if tar.wait() != 0:
        raise AssertionError("tar failed")
    docker("image", "inspect", NAME)
