"""Tests: a name server on this machine with the records that a test gives it, and no others."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset

HERE = "127.0.0.1"


class Names:
    """`records["example.test", "MX"] = ["10 mx.example.test."]`; `asked` is what was looked up.
    What stands in `flips` as well is answered from the second time on."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.flips: dict[tuple[str, str], list[str]] = {}
        self.asked: list[str] = []
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((HERE, 0))

    def serve(self) -> None:
        while True:
            try:
                wire, peer = self.sock.recvfrom(4096)
                self.sock.sendto(self._answer(wire), peer)
            except OSError:
                return

    def _answer(self, wire: bytes) -> bytes:
        query = dns.message.from_wire(wire)
        [question] = query.question
        name, kind = question.name.to_text(omit_final_dot=True), question.rdtype.name
        self.asked.append(name)
        answer = dns.message.make_response(query)
        found = self.records.get((name, kind), [])
        if (name, kind) in self.flips:
            self.records[name, kind] = self.flips[name, kind]
        if found:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
        elif name not in {known for known, _kind in self.records}:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire()


@contextmanager
def naming() -> Iterator[Names]:
    """While it lasts, every name of this process is looked up there."""
    names = Names()
    threading.Thread(target=names.serve, daemon=True).start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [HERE], names.sock.getsockname()[1]
    before = dns.resolver.default_resolver
    dns.resolver.override_system_resolver(resolver)
    dns.resolver.default_resolver = resolver
    try:
        yield names
    finally:
        dns.resolver.restore_system_resolver()
        dns.resolver.default_resolver = before
        names.sock.close()
