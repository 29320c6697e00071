"""The README's commands, run as they stand: in a fresh folder, against a server on a free port."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BLOCKS = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.timeout(240)
def test_the_story_by_command_works_as_it_is_written(tmp_path: Path) -> None:
    blocks = BLOCKS.findall((ROOT / "README.md").read_text())
    assert len(blocks) >= 6
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    script = "set -eu\ntrap 'kill $(jobs -p) 2>/dev/null' EXIT\n" + "\n".join(blocks).replace("8642", port)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    environ = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TIELINE_DATA_DIR": str(tmp_path / "data"),
        "TIELINE_ALLOW_PRIVATE_TARGETS": "loopback",
    }
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"messages":[{' in done.stdout.replace(" ", ""), done.stdout
    assert "1 added, 0 enhanced, 0 rejected" in done.stdout
    assert re.search(r"A new lead gets a To Do\s+success", done.stdout), done.stdout
    assert '"name":"Ada Byron"' in done.stdout
    assert "LEAD: 2026-02-01T00:00:00.000Z" in done.stdout
