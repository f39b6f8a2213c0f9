"""The image by itself."""

import json
import lzma
import os
import re
import shutil
import subprocess
import sys
import tarfile
import unittest
import urllib.request
import uuid

import base_image
from container import Container, folder_with, get
from engine import docker, run

TOKEN = "of-this-test"
WITH_TOKEN = ("-e", f"MOMO_SANDBOX_CONTROL_TOKEN={TOKEN}")
PUBLISHED = ("-p", "127.0.0.1::4673")
API_USER = "7d3a4c1e-52b8-4f0a-9e6d-0c1b2a394857"


class Image(unittest.TestCase):
    """What is in it, and how it runs."""

    def test_it_is_one_small_binary_of_another_user(self) -> None:
        inspected = json.loads(docker("image", "inspect", "momo-sandbox"))[0]
        self.assertLessEqual(inspected["Size"], 12_000_000)
        config = inspected["Config"]
        self.assertEqual(config["User"], "65532:65532")
        self.assertEqual(config["StopSignal"], "SIGTERM")
        self.assertEqual(config["Entrypoint"], ["/momosandbox"])
        self.assertEqual(config["Healthcheck"]["Test"], ["CMD", "/momosandbox", "health"])
        self.assertIn("org.opencontainers.image.licenses", config["Labels"])
        made = docker("create", "momo-sandbox").split()[-1]
        try:
            export = subprocess.Popen(["docker", "export", made], stdout=subprocess.PIPE)
            with tarfile.open(fileobj=export.stdout, mode="r|") as tar:
                entries = list(tar)
            export.wait()
        finally:
            docker("rm", made)
        files = [entry.name for entry in entries if entry.isfile() and entry.size > 0]
        licences = ("LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY-LICENSES.txt")
        self.assertEqual(
            sorted(files), [*(f"licenses/{name}" for name in licences), "momosandbox"]
        )
        links = {entry.name: entry.linkname for entry in entries if entry.issym()}
        self.assertEqual(links.get("momo-sandbox"), "momosandbox")
        for program in ("/momosandbox", "/momo-sandbox"):
            version = docker("run", "--rm", "--entrypoint", program, "momo-sandbox", "--version")
            self.assertTrue(version.startswith("momo-sandbox "), version)

    def test_its_program_is_small_on_disk_in_a_download_and_at_rest(self) -> None:
        program = base_image.WORK / "momosandbox"
        data = program.read_bytes()
        self.assertLessEqual(len(data), 12_000_000)
        download = lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)
        self.assertLessEqual(len(download), 4_000_000)
        measured = run(sys.executable, base_image.ROOT / "benches/start.py", program, "--quick")
        resident = re.search(r"start\.resident: ([0-9.]+)", measured)
        # Up to 8 MiB of it are pages of the file, which Linux maps around those that are used.
        self.assertLessEqual(float(resident[1]), 11.0, measured)

    def test_it_gets_healthy_with_a_read_only_root_and_ends_well_on_sigterm(self) -> None:
        with Container(*PUBLISHED, *WITH_TOKEN) as momo:
            momo.wait_until_healthy()
            self.assertIn("listening on http://0.0.0.0:4673", momo.logs())
            self.assertEqual(json.loads(get(f"{momo.url()}/_sandbox/health"))["status"], "ok")
            # Somebody follows the journal when it is told to end: that is no reason to stay.
            follow = urllib.request.Request(
                f"{momo.url()}/_sandbox/journal/stream",
                headers={"Authorization": f"Bearer {TOKEN}"},
            )
            with urllib.request.urlopen(follow, timeout=60):
                self.assertEqual(momo.stop(), 0)
            self.assertFalse(momo.state()["OOMKilled"])

    def test_it_needs_no_network_at_all(self) -> None:
        with Container("--network", "none") as momo:
            momo.wait_until_healthy()
            docker("exec", momo.id, "/momosandbox", "health")
            self.assertEqual(momo.stop(), 0)

    def test_health_reads_the_same_variable_as_serve(self) -> None:
        with Container("-e", "MOMO_SANDBOX_LISTEN=0.0.0.0:5000") as momo:
            momo.wait_until_healthy()
            self.assertIn("listening on http://0.0.0.0:5000", momo.logs())

    def test_a_mounted_folder_of_scenarios_is_in_force(self) -> None:
        rule = '[[rules]]\nthen = { status = "FAILED", reason = "PAYER_LIMIT_REACHED" }\n'
        folder = folder_with({"mine.toml": f'name = "mounted"\n{rule}'})
        self.addCleanup(shutil.rmtree, folder)
        mounted = ("-v", f"{folder}:/scenarios:ro", "-e", "MOMO_SANDBOX_SCENARIO=.")
        with Container(*PUBLISHED, *WITH_TOKEN, *mounted) as momo:
            momo.wait_until_healthy()
            self.assertIn(b"PAYER_LIMIT_REACHED", get(f"{momo.url()}/_sandbox/scenario", TOKEN))

    def test_a_broken_scenario_is_told_and_the_port_never_opens(self) -> None:
        folder = folder_with({"mine.toml": '[[rules]]\nthne = "FAILED"\n'})
        self.addCleanup(shutil.rmtree, folder)
        mounted = ("-v", f"{folder}:/scenarios:ro", "-e", "MOMO_SANDBOX_SCENARIO=mine.toml")
        with Container(*mounted) as momo:
            self.assertEqual(momo.end(), 2)
            self.assertIn("thne", momo.logs())
            self.assertNotIn("listening on", momo.logs())

    def test_the_control_plane_wants_its_token_beyond_this_machine(self) -> None:
        with Container(*PUBLISHED, *WITH_TOKEN) as momo:
            momo.wait_until_healthy()
            status = run(
                "curl", "-s", "-o", os.devnull, "-w", "%{http_code}",
                f"{momo.url()}/_sandbox/transactions",
            )
            self.assertEqual(status, "401")
            get(f"{momo.url()}/_sandbox/transactions", TOKEN)

    def test_a_client_pays_over_tls_by_an_alias_of_mtns_name(self) -> None:
        network = f"momo-{uuid.uuid4()}"
        docker("network", "create", "--internal", network)
        self.addCleanup(docker, "network", "rm", network)
        name = "sandbox.momodeveloper.mtn.com"
        with Container(
            *WITH_TOKEN, "--network", network, "--network-alias", name,
            "-e", "MOMO_SANDBOX_TLS_LISTEN=0.0.0.0:443",
            "-e", f"MOMO_SANDBOX_API_USER={API_USER}:secret:shop",
        ) as momo:
            momo.wait_until_healthy()
            address = docker(
                "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", momo.id
            ).strip()
            root = get(f"http://{address}:4673/_sandbox/ca.pem").decode()
            folder = folder_with({"root.pem": root})
            self.addCleanup(shutil.rmtree, folder)
            environment = {
                "MOMO_SANDBOX_URL": f"https://{name}", "MOMO_SANDBOX_API_USER_ID": API_USER,
                "MOMO_SANDBOX_API_KEY": "secret", "MOMO_SANDBOX_PRIMARY_KEY": "any",
                "MOMO_SANDBOX_ENVIRONMENT": "sandbox", "MOMO_SANDBOX_CURRENCY": "EUR",
                "SSL_CERT_FILE": "/trust/root.pem",
            }
            given = [word for item in environment.items() for word in ("-e", "=".join(item))]
            with Container(
                "--network", network, "-v", f"{folder}:/trust:ro", *given,
                image="momo-sandbox-shop",
            ) as shop:
                self.assertEqual(shop.end(), 0, shop.logs())
                self.assertIn("order 1: SUCCESSFUL", shop.logs())
