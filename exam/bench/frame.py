"""What every benchmark needs: a real server in a folder of its own, a load, memory watched, one JSON object at
the end.
"""

import json
import math
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil

HERE = Path(__file__).parent
MIB = 1024 * 1024


@dataclass
class Server:
    """A server process of ours on a port of the loopback."""

    process: subprocess.Popen[bytes]
    port: int
    peak: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def memory(self) -> int:
        """Bytes that the process and its children hold now."""
        watched = psutil.Process(self.process.pid)
        return sum(each.memory_info().rss for each in [watched, *watched.children(recursive=True)])

    def watch(self) -> None:
        """Note the greatest memory of the process and its children until told to stop."""
        watched = psutil.Process(self.process.pid)
        while not self.stopping.wait(0.05):
            try:
                family = [watched, *watched.children(recursive=True)]
                self.peak = max(self.peak, sum(each.memory_info().rss for each in family))
            except psutil.Error:
                return


def raise_limits() -> None:
    """Let this process and its children hold as many connections as the machine allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65536 if hard == resource.RLIM_INFINITY else hard
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def free_port() -> int:
    """A port of the loopback that nobody holds."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def data_folder() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="exam-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment(folder: Path, port: int, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The settings of a server in `folder`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EXAM_")}
    own = {
        "EXAM_DATA_DIR": str(folder),
        "EXAM_PORT": str(port),
        "EXAM_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "EXAM_LOG_LEVEL": "WARNING",
    }
    return {**kept, **own, **(more or {})}


def upgrade(folder: Path) -> None:
    """Make the schema, as an installation does."""
    subprocess.run(
        [sys.executable, "-m", "exam", "db", "upgrade"],
        env=environment(folder, 8000),
        check=True,
        stdout=subprocess.DEVNULL,
    )


@contextmanager
def running(command: Sequence[str], port: int, env: Mapping[str, str], path: str) -> Iterator[Server]:
    """A server until the block ends; it counts as up when `path` answers anything."""
    process = subprocess.Popen(
        [sys.executable, *command], env=dict(env), stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True
    )
    server = Server(process, port)
    watcher = threading.Thread(target=server.watch, daemon=True)
    try:
        wait_until_up(server, path)
        watcher.start()
        yield server
    finally:
        server.stopping.set()
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process of ours, gently first."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until_up(server: Server, path: str, seconds: float = 30.0) -> None:
    """Wait for the first answer. Raises RuntimeError when there is none."""
    end_at = time.monotonic() + seconds
    while time.monotonic() < end_at:
        if server.process.poll() is not None:
            raise RuntimeError(f"the server ended with status {server.process.returncode}")
        try:
            with urlopen(server.url + path, timeout=2):  # noqa: S310 - our own address
                return
        except OSError as error:
            if getattr(error, "code", None) is not None:
                return
            time.sleep(0.05)
    raise RuntimeError("the server does not answer")


@contextmanager
def exam_server(folder: Path, port: int, more: Mapping[str, str] | None = None) -> Iterator[Server]:
    """`exam serve` on the data of `folder`."""
    with running(["-m", "exam", "serve"], port, environment(folder, port, more), "/sign-in") as server:
        yield server


@contextmanager
def floor_server(folder: Path) -> Iterator[Server]:
    """The bare endpoint on the same machinery."""
    port = free_port()
    command = ["-m", "uvicorn", "exam.bench.floor:app", "--port", str(port), "--loop", "uvloop", "--http", "httptools"]
    quiet = ["--no-access-log", "--log-level", "warning", "--backlog", "16384", "--timeout-keep-alive", "30"]
    with running([*command, *quiet], port, environment(folder, port), "/") as server:
        yield server


def wrk() -> str | None:
    """Where `wrk` is, or None."""
    return shutil.which("wrk")


def run_wrk(
    url: str,
    script: str,
    arguments: Sequence[str],
    *,
    connections: int,
    seconds: int,
    finished: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Run `wrk` with a script of ours, which prints one line of JSON at its end; it ends early when `finished`."""
    threads = min(2, connections)
    command = [str(wrk()), f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s"]
    command += ["-s", str(HERE / script), url, "--", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    while process.poll() is None and not finished():
        time.sleep(0.2)
    if process.poll() is None:
        process.send_signal(signal.SIGINT)  # wrk stops and prints
    output, _ = process.communicate(timeout=60)
    line = next((line for line in output.splitlines() if line.startswith("{")), None)
    if line is None:
        raise RuntimeError(f"wrk ended with status {process.returncode} and no figures")
    found: dict[str, Any] = json.loads(line)
    return found


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie; 0 when there are none."""
    if not sorted_values:
        return 0.0
    return sorted_values[min(len(sorted_values) - 1, math.ceil(share * len(sorted_values)) - 1)]


def report(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The figures as they are printed, rounded to what they are worth."""
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in figures.items()}
