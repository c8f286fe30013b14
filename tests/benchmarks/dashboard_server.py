"""A Streamlit that is served for measuring: its processor time and its memory."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fixtures.served_app import ROOT, free_port, wait_for


@dataclass(frozen=True)
class Server:
    """A Streamlit that is being served."""

    address: str
    pid: int

    @property
    def cpu_ms(self) -> float:
        """Processor time of the server so far, which other work on the machine does not move."""
        fields = (
            Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        )
        return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory_mib(self) -> float:
        """What the process holds now."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


@dataclass(frozen=True)
class Took:
    """One interaction.

    Args:
        ms: Until the page stood.
        cpu_ms: Of the server.
    """

    ms: float
    cpu_ms: float


@contextmanager
def serving(script: Path, store: Path) -> Generator[Server, None, None]:
    """Serve a script on the stores under a folder until the block ends."""
    port = free_port()
    places = {"CXR_DATA": str(store / "data"), "CXR_RESULTS": str(store / "results")}
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    log = Path(tempfile.gettempdir()) / f"bench-dashboard-{port}.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | places, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health", process, log)
            yield Server(f"http://127.0.0.1:{port}", process.pid)
        finally:
            process.terminate()
            process.wait(timeout=20)
    log.unlink()
