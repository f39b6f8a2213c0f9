"""Builds the npm packages: one for each ready program, and the one that people install.

Each is a folder below packaging/.work/npm, with its tarball beside it. The one that people install
names only platforms whose package was built: npm would look for the others in vain.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
import platforms  # noqa: E402
from platforms import Platform, project  # noqa: E402

WORK = project.WORK / "npm"
DIST = WORK / "dist"
MAIN = f"{project.names()['npm_scope']}/momosandbox"


def package_name(platform: Platform) -> str:
    return f"{MAIN}-{'-'.join(platform.node)}"


def folder_of(name: str) -> Path:
    return WORK / "packages" / name.split("/")[1]


def tarball_name(name: str) -> str:
    """The last part of the tarball's address in a registry."""
    return f"{name.split('/')[1]}-{project.version()}.tgz"


def tarball(name: str) -> Path:
    file = DIST / f"{name.split('/')[0].removeprefix('@')}-{tarball_name(name)}"
    if not file.is_file():
        raise SystemExit(f"{file} is missing")
    return file


def write_manifest(folder: Path, manifest: dict) -> None:
    (folder / "package.json").write_text(json.dumps(manifest, indent=2) + "\n")


def template() -> dict:
    return json.loads(platforms.fill((FOLDER / "main" / "package.json").read_text()))


def platform_package(platform: Platform) -> Path:
    name = package_name(platform)
    folder = platforms.fresh(folder_of(name))
    program = platforms.copy_program(platform, folder / "bin")
    platforms.copy_licences(folder)
    platforms.copy_notices(folder)
    readme = (FOLDER / "platform" / "README.md").read_text()
    readme = platforms.fill(readme, package=name, platform=" ".join(platform.node))
    (folder / "README.md").write_text(readme)
    system, processor = platform.node
    common = ("version", "license", "homepage", "repository", "publishConfig")
    write_manifest(folder, {
        "name": name,
        "description": f"The program momosandbox for {system} {processor}",
        **{key: template()[key] for key in common},
        "os": [system],
        "cpu": [processor],
        "files": [f"bin/{program.name}", "LICENSE-*", platforms.NOTICES.name],
        # Yarn's Plug'n'Play leaves packages in archives, where no program can be started.
        "preferUnplugged": True,
    })
    return folder


def main_package(built: list[Platform]) -> Path:
    folder = platforms.fresh(folder_of(MAIN))
    shutil.copytree(FOLDER / "main", folder, dirs_exist_ok=True)
    platforms.copy_licences(folder)
    readme = folder / "README.md"
    readme.write_text(platforms.fill(readme.read_text()))
    optional = {package_name(each): project.version() for each in built}
    write_manifest(folder, template() | {"optionalDependencies": optional})
    return folder


def pack(folder: Path) -> Path:
    """The tarball that `npm publish` would send."""
    command = ["npm", "pack", "--json", "--pack-destination", str(DIST)]
    ended = subprocess.run(command, cwd=folder, text=True, capture_output=True)
    if ended.returncode != 0:
        raise SystemExit(f"npm pack in {folder} ended with {ended.returncode}:\n{ended.stderr}")
    (packed,) = json.loads(ended.stdout)
    return tarball(packed["name"])


def build() -> list[Path]:
    platforms.fresh(DIST)
    there, _ = platforms.ready()
    folders = [platform_package(platform) for platform in there]
    return [pack(folder) for folder in [*folders, main_package(there)]]


if __name__ == "__main__":
    for file in build():
        print(f"{file.stat().st_size:>10}  {file}")
