"""Stock load balancers in front of instances, with the configuration of docs/recipes.md."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/e2e/recipes"))

import blocks  # noqa: E402

PATIENCE = 20
# As the recipe has them.
FRONT, BACK = 4680, (4681, 4682, 4683)


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def command_of(name: str) -> str | None:
    """The program, which Debian has where only root looks."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def configuration(file: str, front: int, back: list[int], folder: Path) -> str:
    """The recipe's, at these ports, and with nothing outside of the folder."""
    text = blocks.blocks()[file]
    for was, port in zip((FRONT, *BACK), (front, *back), strict=True):
        assert f"127.0.0.1:{was}" in text, f"{file} of the recipe has no port {was}"
        text = text.replace(f"127.0.0.1:{was}", f"127.0.0.1:{port}")
    if file == "nginx.conf":
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        places = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
        text = text.replace("http {", f"http {{ {places}", 1)
        text = f"daemon off; pid {folder}/nginx.pid;\n{text}"
    return text


@contextmanager
def running(name: str, back: list[int], folder: Path) -> Iterator[int]:
    """The balancer, until the end of the block; gives its port."""
    command, (front,) = command_of(name), free_ports(1)
    assert command, f"{name} is not installed"
    file = {"nginx": "nginx.conf", "haproxy": "haproxy.cfg"}[name]
    path, log = folder / file, folder / f"{name}.log"
    path.write_text(configuration(file, front, back, folder))
    if name == "nginx":
        words = [command, "-e", "stderr", "-p", str(folder), "-c", str(path)]
    else:
        words = [command, "-db", "-f", str(path)]
    with log.open("w") as output:
        process = subprocess.Popen(words, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + PATIENCE
        while socket.socket().connect_ex(("127.0.0.1", front)) != 0:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{name} does not listen:\n{log.read_text()}")
            time.sleep(0.05)
        yield front
    finally:
        process.terminate()
        process.wait(PATIENCE)
        said = log.read_text().strip()
        if said:
            print(f"{name} said:\n{said}")
