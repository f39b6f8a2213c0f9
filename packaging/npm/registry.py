"""A registry of npm packages on loopback (verdaccio), so that npm is tried as users have it."""

import json
import subprocess
import threading
from pathlib import Path

import checks
import platforms
from platforms import project

# Nobody else has a port in the namespace in which the packages are tried.
PORT = 4873
URL = f"http://127.0.0.1:{PORT}/"
SERVER = project.WORK / "node" / "node_modules" / "verdaccio" / "bin" / "verdaccio"


def configuration(folder: Path) -> dict:
    anyone = {"access": "$all", "publish": "$all", "unpublish": "$all"}
    return {
        "storage": str(folder / "storage"),
        "listen": f"127.0.0.1:{PORT}",
        "max_body_size": "200mb",
        "auth": {"htpasswd": {"file": str(folder / "users")}},
        # Without an uplink it knows only what is published here.
        "uplinks": {},
        "packages": {"@*/*": anyone, "**": anyone},
        "log": {"type": "stdout", "format": "json", "level": "http"},
    }


class Registry:
    """Serves from an empty folder until it is closed."""

    def __init__(self, folder: Path) -> None:
        platforms.fresh(folder)
        # JSON is YAML.
        file = folder / "config.yaml"
        file.write_text(json.dumps(configuration(folder)))
        self.process = subprocess.Popen(
            ["node", str(SERVER), "--config", str(file)], cwd=folder, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.said: list[str] = []
        self.serves = threading.Event()
        # A full pipe would hold up the registry, and lose lines at its end.
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        self.serves.wait(checks.PATIENCE)
        if self.process.poll() is not None or not self.serves.is_set():
            self.process.kill()
            checks.fail(f"verdaccio does not serve:\n{''.join(self.said)}")

    def _read(self) -> None:
        for line in self.process.stdout:
            self.said.append(line)
            if "http address" in line:
                self.serves.set()
        # It has ended, which nobody should wait for.
        self.serves.set()

    def close(self) -> list[str]:
        """Stops it, and returns the tarballs that it sent."""
        self.process.terminate()
        self.process.wait(checks.PATIENCE)
        self.reader.join()
        asked = []
        for line in self.said:
            entry = json.loads(line) if line.startswith("{") else {}
            request = entry.get("request", {})
            # Of the lines of a request, the last has the bytes of the answer.
            sent = entry.get("bytes", {}).get("out", 0)
            if sent and request.get("method") == "GET" and request["url"].endswith(".tgz"):
                asked.append(request["url"].split("/")[-1])
        return asked


def npm_environment(home: Path) -> dict[str, str]:
    """Settings of an npm that knows this registry only."""
    (home / ".npmrc").write_text(
        f"registry={URL}\n//127.0.0.1:{PORT}/:_authToken=anyone\n"
        "audit=false\nfund=false\nupdate-notifier=false\n"
    )
    return {"npm_config_cache": str(home / "cache"), "YARN_CACHE_FOLDER": str(home / "yarn")}
