"""Packs the program of a target, with its licences and its bill of materials, for a release.

    python3 packaging/release/archive.py TARGET [--program FILE] [--into FOLDER]
    python3 packaging/release/archive.py --checksums FOLDER

An archive is a .tar.xz, for Windows a .zip, with one folder in it. The same commit and program give
the same bytes. `--checksums` writes SHA256SUMS over the files of a folder.
"""

import argparse
import hashlib
import io
import lzma
import pathlib
import subprocess
import sys
import tarfile
import time
import zipfile

import project

DOCUMENTS = [
    "README.md",
    "CHANGELOG.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "packaging/THIRD-PARTY-LICENSES.txt",
]


def contents(
    target: str, program: pathlib.Path, bill: pathlib.Path
) -> list[tuple[str, bytes, int]]:
    """The name, bytes and mode of each file."""
    if not program.is_file():
        sys.exit(
            f"archive: there is no program for {target} at {program}: "
            f"`packaging/targets/build {target}` makes it"
        )
    files = [(project.program(target), program.read_bytes(), 0o755)]
    files += [
        (pathlib.Path(each).name, (project.ROOT / each).read_bytes(), 0o644) for each in DOCUMENTS
    ]
    files.append(("momosandbox.cdx.json", bill.read_bytes(), 0o644))
    return files


def tar_xz(file: pathlib.Path, folder: str, files: list[tuple[str, bytes, int]]) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, data, mode in files:
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mode, entry.mtime = len(data), mode, project.commit_time()
            archive.addfile(entry, io.BytesIO(data))
    file.write_bytes(lzma.compress(buffer.getvalue(), preset=9 | lzma.PRESET_EXTREME))


def zipped(file: pathlib.Path, folder: str, files: list[tuple[str, bytes, int]]) -> None:
    moment = time.gmtime(max(project.commit_time(), 315532800))[:6]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data, mode in files:
            entry = zipfile.ZipInfo(f"{folder}/{name}", moment)
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)


def pack(target: str, program: pathlib.Path, into: pathlib.Path) -> pathlib.Path:
    version = project.version()
    into.mkdir(parents=True, exist_ok=True)
    folder = f"momosandbox-{version}-{target}"
    bill = into / f"{folder}.cdx.json"
    script = pathlib.Path(__file__).resolve().parent / "sbom.py"
    subprocess.run([sys.executable, str(script), target, str(bill)], check=True)
    file = into / project.archive(target, version)
    write = zipped if project.is_windows(target) else tar_xz
    write(file, folder, contents(target, program, bill))
    print(f"{file.name}: {file.stat().st_size} bytes")
    return file


def checksums(folder: pathlib.Path) -> None:
    """Writes SHA256SUMS, in the format of `sha256sum`."""
    files = sorted(
        each for each in folder.iterdir() if each.is_file() and each.name != "SHA256SUMS"
    )
    if not files:
        sys.exit(f"archive: {folder} has no files to sum")
    lines = [f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.name}\n" for each in files]
    (folder / "SHA256SUMS").write_text("".join(lines))
    print(f"SHA256SUMS: {len(files)} files")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("target", nargs="?", choices=project.TARGETS)
    parser.add_argument("--program", type=pathlib.Path, help="default: packaging/.work/programs/…")
    parser.add_argument("--into", type=pathlib.Path, default=project.WORK / "release")
    parser.add_argument("--checksums", type=pathlib.Path, metavar="FOLDER")
    arguments = parser.parse_args()
    if arguments.target:
        target = arguments.target
        ready = project.WORK / "programs" / target / project.program(target)
        pack(target, arguments.program or ready, arguments.into)
    elif not arguments.checksums:
        parser.error("a target or --checksums is needed")
    if arguments.checksums:
        checksums(arguments.checksums)


if __name__ == "__main__":
    main()
