"""The platforms that packages are built for: what each registry calls them, and their program."""

import re
import shutil
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from platform import machine

sys.path.insert(0, str(Path(__file__).resolve().parent / "release"))
import project  # noqa: E402

# Where the ready programs lie, a folder for each of Rust's triples.
PROGRAMS = project.WORK / "programs"

NOTICES = project.ROOT / "packaging" / "THIRD-PARTY-LICENSES.txt"


@dataclass(frozen=True)
class Platform:
    triple: str
    # Platform tags of wheels. A static program claims both C libraries of Linux.
    wheel: tuple[str, ...]
    # `process.platform` and `process.arch` of Node, which npm calls `os` and `cpu`.
    node: tuple[str, str]
    # The end of the Composer package's name.
    composer: str
    # What the header of the program says: the format of the file, and the processor.
    header: tuple[str, int]

    @property
    def program(self) -> Path:
        return PROGRAMS / self.triple / project.program(self.triple)


PLATFORMS = [
    Platform(
        "x86_64-unknown-linux-gnu",
        ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "musllinux_1_1_x86_64"),
        ("linux", "x64"),
        "linux-x64",
        ("ELF", 62),
    ),
    Platform(
        "aarch64-unknown-linux-gnu",
        ("manylinux2014_aarch64", "manylinux_2_17_aarch64", "musllinux_1_1_aarch64"),
        ("linux", "arm64"),
        "linux-arm64",
        ("ELF", 183),
    ),
    Platform(
        "x86_64-apple-darwin",
        ("macosx_10_12_x86_64",),
        ("darwin", "x64"),
        "macos-x64",
        ("Mach-O", 0x01000007),
    ),
    Platform(
        "aarch64-apple-darwin",
        ("macosx_11_0_arm64",),
        ("darwin", "arm64"),
        "macos-arm64",
        ("Mach-O", 0x0100000C),
    ),
    Platform(
        "x86_64-pc-windows-gnu", ("win_amd64",), ("win32", "x64"), "windows-x64", ("PE", 0x8664)
    ),
]

# The segment of an ELF file that names the loader of shared libraries: a static program has none.
PT_INTERP = 3


def ready() -> tuple[list[Platform], list[Platform]]:
    """The platforms whose program is there, and those whose program is not."""
    there = [each for each in PLATFORMS if each.program.is_file()]
    return there, [each for each in PLATFORMS if each not in there]


def this_one() -> Platform:
    """The platform of this machine."""
    architectures = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
    node = (sys.platform, architectures.get(machine().lower()))
    found = [each for each in PLATFORMS if each.node == node]
    if not found:
        raise SystemExit(f"no packages are built for {sys.platform} on {machine()}")
    return found[0]


def header(content: bytes) -> tuple[str, int]:
    """The format of a program and its processor, as the format numbers it."""
    if content.startswith(b"MZ"):
        (at,) = struct.unpack_from("<I", content, 0x3C)
        return "PE", struct.unpack_from("<H", content, at + 4)[0]
    if content.startswith(b"\x7fELF"):
        return "ELF", struct.unpack_from("<H", content, 18)[0]
    if content.startswith(b"\xcf\xfa\xed\xfe"):
        return "Mach-O", struct.unpack_from("<I", content, 4)[0]
    return f"{content[:4]!r}", 0


def check_header(platform: Platform, content: bytes) -> None:
    """Holds a program against its platform: a wrong one would be published under that name."""
    if header(content) != platform.header:
        raise SystemExit(
            f"this is no program for {platform.triple}: its header says {header(content)}, "
            f"expected {platform.header}. Build it: packaging/targets/build {platform.triple}"
        )


def is_static(content: bytes) -> bool:
    """Whether an ELF file of 64 bits names no loader, so that it runs with any C library."""
    (table,) = struct.unpack_from("<Q", content, 32)
    size, count = struct.unpack_from("<HH", content, 54)
    kinds = (struct.unpack_from("<I", content, table + size * at)[0] for at in range(count))
    return PT_INTERP not in kinds


def wheel_tags(platform: Platform) -> tuple[str, ...]:
    """What the wheel may claim. A program that needs a C library gets `linux_…`, which PyPI
    refuses, so that it is never published by mistake."""
    if platform.node[0] == "linux" and not is_static(platform.program.read_bytes()):
        return (f"linux_{platform.triple.split('-')[0]}",)
    return platform.wheel


def fill(text: str, **more: str) -> str:
    """Puts names and the version where a template has `{{name}}`."""
    values = project.names() | {"version": project.version()} | more
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], text)


def fresh(folder: Path) -> Path:
    """An empty folder at this place."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def copy_licences(folder: Path) -> None:
    for name in ("LICENSE-MIT", "LICENSE-APACHE"):
        shutil.copyfile(project.ROOT / name, folder / name)


def copy_notices(folder: Path) -> None:
    """Copies the licences of what is compiled into the program: they must come with it."""
    shutil.copyfile(NOTICES, folder / NOTICES.name)


def copy_program(platform: Platform, folder: Path) -> Path:
    """Copies the program, which may be executed, and returns its place."""
    check_header(platform, platform.program.read_bytes())
    folder.mkdir(parents=True, exist_ok=True)
    into = folder / platform.program.name
    shutil.copyfile(platform.program, into)
    into.chmod(0o755)
    return into
