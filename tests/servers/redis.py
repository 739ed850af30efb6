"""A private Redis on a Unix socket, without persistence."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Redis:
    """Runs in a folder once `start()` has been called; `url` is one for CELERY_BROKER_URL."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.door = folder / "redis.sock"
        self.url = f"redis+socket://{self.door}"
        self.cache_url = f"rediscache://{self.door}"

    def start(self) -> None:
        settings = ["--port", "0", "--unixsocket", str(self.door), "--save", "", "--appendonly"]
        command = ["redis-server", *settings, "no", "--dir", str(self.folder)]
        self._server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _wait_for(self.door, self._server)

    def stop(self) -> None:
        self._server.terminate()
        self._server.wait()

    def restart(self) -> None:
        """Killed, and another one that knows nothing of what this one held."""
        self._server.kill()
        self._server.wait()
        self.door.unlink(missing_ok=True)
        self.start()


@contextmanager
def redis() -> Iterator[Redis]:
    assert shutil.which("redis-server"), "Redis is not installed: apt-get install redis-server"
    folder = Path(tempfile.mkdtemp(prefix="musubi-redis-", dir="/tmp"))
    server = Redis(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def private_redis() -> Iterator[str]:
    """Yields a URL for CELERY_BROKER_URL."""
    with redis() as server:
        yield server.url


def _wait_for(door: Path, server: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 10
    while not door.exists():
        assert server.poll() is None, "redis-server ended at once"
        assert time.monotonic() < end, "redis-server did not open its socket"
        time.sleep(0.01)
