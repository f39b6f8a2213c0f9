"""Builds the Composer packages: one for each ready program, and the launcher that they require.

Composer has no optional packages by platform, so people require the package of their platform. Each
is a folder below packaging/.work/composer, which is the content of its own git repository, since
Packagist reads one package from a repository's top. The archive beside it is as large as the one
that GitHub serves to Composer.
"""

import shutil
import sys
import time
import zipfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
import platforms  # noqa: E402
from platforms import Platform, project  # noqa: E402

WORK = project.WORK / "composer"
PACKAGES = WORK / "packages"
DIST = WORK / "dist"
MAIN = "{composer_vendor}/{composer_name}".format_map(project.names())


def package_name(platform: Platform) -> str:
    return f"{MAIN}-{platform.composer}"


def folder_of(name: str) -> Path:
    return PACKAGES / name.split("/")[1]


def platform_package(platform: Platform) -> Path:
    name = package_name(platform)
    folder = platforms.fresh(folder_of(name))
    platforms.copy_program(platform, folder / "bin")
    for file in (FOLDER / "platform").iterdir():
        words = platform.composer.replace("-", " ")
        text = platforms.fill(file.read_text(), package=name, platform=words)
        (folder / file.name).write_text(text)
    platforms.copy_licences(folder)
    platforms.copy_notices(folder)
    return folder


def main_package() -> Path:
    folder = platforms.fresh(folder_of(MAIN))
    shutil.copytree(FOLDER / "main", folder, dirs_exist_ok=True)
    for name in ("composer.json", "README.md"):
        (folder / name).write_text(platforms.fill((folder / name).read_text()))
    platforms.copy_licences(folder)
    return folder


def archive(folder: Path) -> Path:
    """Packs a folder. Files that may be executed stay so, for an `unzip` that looks."""
    into = DIST / f"{folder.name}-{project.version()}.zip"
    # Two runs on the same commit make the same bytes.
    moment = time.gmtime(project.commit_time())[:6]
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            entry = zipfile.ZipInfo(str(file.relative_to(folder)), moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100000 | (0o755 if file.stat().st_mode & 0o100 else 0o644)) << 16
            packed.writestr(entry, file.read_bytes())
    return into


def build() -> list[Path]:
    platforms.fresh(PACKAGES)
    platforms.fresh(DIST)
    there, _ = platforms.ready()
    folders = [platform_package(platform) for platform in there]
    return [archive(folder) for folder in [*folders, main_package()]]


if __name__ == "__main__":
    for file in build():
        print(f"{file.stat().st_size:>10}  {file}")
