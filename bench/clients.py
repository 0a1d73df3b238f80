"""HTTP clients over kept-alive connections: as fast as the server answers, or at a fixed rate."""

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

TIMEOUT = 30.0  # seconds


@dataclass(frozen=True)
class Request:
    """One request to send."""

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Answers:
    """What came back: bodies by status, and how long each took, in ms."""

    bodies: list[tuple[int, bytes]] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    failed: int = 0  # no answer at all
    seconds: float = 0.0  # from the first request to the last answer

    def of(self, status: int) -> list[bytes]:
        """Return the bodies of the answers with `status`."""
        return [body for found, body in self.bodies if found == status]


class _Client:
    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        self._connection.connect()

    def send(self, request: Request) -> tuple[int, bytes]:
        self._connection.request(request.method, request.path, request.body, dict(request.headers))
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        self._connection.close()


def closed(port: int, make: Callable[[], Request], *, connections: int, seconds: float) -> Answers:
    """Let each of `connections` send its next request when the last is answered, for `seconds`."""
    end = time.perf_counter() + seconds

    def turn(client: _Client, note: "_Note") -> None:
        while (began := time.perf_counter()) < end:
            note(client, make(), began)

    return _all(port, connections, turn)


def opened(
    port: int, make: Callable[[], Request], *, connections: int, rate: float, seconds: float
) -> Answers:
    """Send `rate` requests a second whatever the answers do; time counts from when each was due.

    So a stall of the server shows in every request that came due meanwhile, not in one.
    """
    due: queue.SimpleQueue[float | None] = queue.SimpleQueue()
    began = time.perf_counter() + 0.1
    for number in range(round(rate * seconds)):
        due.put(began + number / rate)
    for _ in range(connections):
        due.put(None)

    def turn(client: _Client, note: "_Note") -> None:
        while (moment := due.get()) is not None:
            time.sleep(max(0.0, moment - time.perf_counter()))
            note(client, make(), moment)

    return _all(port, connections, turn)


_Note = Callable[[_Client, Request, float], None]


def _all(port: int, connections: int, turn: Callable[[_Client, _Note], None]) -> Answers:
    answers, lock = Answers(), threading.Lock()

    def note(client: _Client, request: Request, began: float) -> None:
        try:
            answer = client.send(request)
        except (OSError, HTTPException):
            with lock:
                answers.failed += 1
            raise
        taken = (time.perf_counter() - began) * 1000
        with lock:
            answers.bodies.append(answer)
            answers.milliseconds.append(taken)

    clients = [_Client(port) for _ in range(connections)]
    threads = [threading.Thread(target=turn, args=(client, note)) for client in clients]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.seconds = time.perf_counter() - began
    for client in clients:
        client.close()
    return answers
