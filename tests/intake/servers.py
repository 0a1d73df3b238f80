"""Real servers on loopback, well- and ill-behaved, for the way out."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from intake.fetch import Limits, Opening

Answer = Callable[[BaseHTTPRequestHandler], None]


def open_to(*ports: int, addresses: tuple[str, ...] = ("127.0.0.1",), **limits: Any) -> Limits:
    """Return limits of a fetch that may reach `ports` of `addresses` besides the public internet."""
    return Limits(opening=Opening(frozenset(addresses), frozenset(ports)), **limits)


@contextlib.contextmanager
def serving(answer: Answer, secure: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve `answer` to every GET on a free port of 127.0.0.1; yields the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with contextlib.suppress(OSError):
                answer(self)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if secure is not None:
        server.socket = secure.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def canary(host: str = "127.0.0.1") -> Iterator[tuple[int, list[str]]]:
    """Listen where nobody may knock; yields the port and the list of who did."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    knocks: list[str] = []
    with socket.socket(family) as listener:
        listener.bind((host, 0))
        listener.listen()
        listener.settimeout(0.02)
        done = threading.Event()

        def watch() -> None:
            while not done.is_set():
                with contextlib.suppress(TimeoutError):
                    visitor, came_from = listener.accept()
                    knocks.append(str(came_from))
                    visitor.close()

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        yield listener.getsockname()[1], knocks
        done.set()
        thread.join()


def page(body: bytes = b"<p>Noi dung</p>", status: int = 200, **headers: str) -> Answer:
    """Answer with `body`; underscores in the names of `headers` are hyphens."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content_Type": "text/html; charset=utf-8", **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def redirect(to: str, **headers: str) -> Answer:
    """Send every visitor to `to`."""
    return page(b"", 302, Location=to, **headers)


def certificate(folder: Path, name: str = "127.0.0.1") -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return what a TLS server on `name` needs, and the trust of a client that knows it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(secret + shown)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "both.pem")
    return server, ssl.create_default_context(cadata=shown.decode())
