"""A proxy that puts a distance between client and server: what goes in comes out later.

python -m benchmarks.far PORT TARGET_PORT ROUND_TRIP_SECONDS
"""

import socket
import sys
import threading
import time
from contextlib import suppress
from queue import SimpleQueue


def _pass_on(source: socket.socket, target: socket.socket, delay: float) -> None:
    queue: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
    threading.Thread(target=_deliver, args=(queue, target), daemon=True).start()
    data = b"-"
    while data:
        with suppress(OSError):
            data = source.recv(262_144)
        queue.put((time.monotonic() + delay, data))


def _deliver(queue: SimpleQueue[tuple[float, bytes]], target: socket.socket) -> None:
    while True:
        due, data = queue.get()
        time.sleep(max(0.0, due - time.monotonic()))
        with suppress(OSError):
            if not data:
                target.shutdown(socket.SHUT_WR)
                return
            target.sendall(data)


def main(port: int, target: int, seconds: float) -> None:
    listener = socket.create_server(("127.0.0.1", port))
    print("ready", flush=True)
    while True:
        client, _address = listener.accept()
        server = socket.create_connection(("127.0.0.1", target))
        for one, other in ((client, server), (server, client)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_pass_on, args=(one, other, seconds / 2), daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
