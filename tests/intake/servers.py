"""Real servers on loopback, well- and ill-behaved, for the way out."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextlib.contextmanager
def serving(answer: Answer) -> Iterator[int]:
    """Serve `answer` to every GET on a free port of 127.0.0.1; yields the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with contextlib.suppress(OSError):
                answer(self)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
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


def redirect(to: str) -> Answer:
    """Send every visitor to `to`."""
    return page(b"", 302, Location=to)
