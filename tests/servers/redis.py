"""A private Redis on a Unix socket, without persistence."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def private_redis() -> Iterator[str]:
    """Yields a URL for CELERY_BROKER_URL."""
    assert shutil.which("redis-server"), "Redis is not installed: apt-get install redis-server"
    folder = Path(tempfile.mkdtemp(prefix="musubi-redis-", dir="/tmp"))
    door = folder / "redis.sock"
    settings = ["--port", "0", "--unixsocket", str(door), "--save", "", "--appendonly", "no"]
    server = subprocess.Popen(
        ["redis-server", *settings, "--dir", str(folder)], stdout=subprocess.DEVNULL
    )
    try:
        _wait_for(door, server)
        yield f"redis+socket://{door}"
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(door: Path, server: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 10
    while not door.exists():
        assert server.poll() is None, "redis-server ended at once"
        assert time.monotonic() < end, "redis-server did not open its socket"
        time.sleep(0.01)
