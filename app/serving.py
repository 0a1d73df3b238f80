"""The two long-running processes, as `kiemtin serve` and `kiemtin work` start them."""

import ctypes
import errno
import functools
import gc
import mimetypes
import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from app import logs, opening
from app.refused import StartRefused
from app.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI
    from sqlalchemy import Engine

    from app.keys import Keys

EMBLEM: Final = "/bieu-trung"
_BACKLOG: Final = 512
_M_ARENA_MAX: Final = -8  # malloc.h
_REASONS: Final = {
    errno.EADDRINUSE: "is taken by another program; stop that one or set PORT",
    errno.EACCES: "may not be used by this account; ports under 1024 are the system's, set PORT",
    errno.EADDRNOTAVAIL: "is not an address of this machine; set HOST",
}


def _few_arenas() -> None:
    """Let glibc keep two heaps instead of sixteen: forty threads that render pages otherwise hoard memory."""
    with suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises StartRefused, in one sentence, when the port cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        opened = socket.socket(family, socket.SOCK_STREAM)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind((host, port))
            opened.listen(_BACKLOG)
        except OSError:
            opened.close()
            raise
    except OSError as exc:
        reason = _REASONS.get(exc.errno or 0, f"cannot be used ({exc.strerror})")
        raise StartRefused(f"Port {port} on {host} {reason}.") from exc
    return opened


def tie(fd: int, let_go: Callable[[], None]) -> None:
    """Call `let_go` when the other end of pipe `fd` closes: whoever started us is gone, even by kill -9."""

    def watch() -> None:
        while os.read(fd, 1):
            pass
        let_go()

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def serve(settings: Settings, *, socket_fd: int | None = None, lifeline: int | None = None) -> None:
    """Serve the site until told to stop, on the socket handed over as `socket_fd` or on HOST and PORT.

    Raises StartRefused when port, database or a key is not there.
    """
    _few_arenas()
    logs.set_up(settings.log_format, settings.log_level, process="web")
    given = socket.socket(fileno=socket_fd) if socket_fd is not None else listen(settings.host, settings.port)
    import uvicorn  # noqa: PLC0415  the other commands do without a web server

    from app import keys, web  # noqa: PLC0415
    from app.main import create_app  # noqa: PLC0415

    with given, opening.database(settings, name="kiemtin web") as engine:
        found = keys.load(settings)
        app = create_app(
            engine,
            code_key=found.code,
            contact_key=found.contact,
            agency=web.Agency(
                name=settings.agency_name,
                parent=settings.agency_parent,
                hotline=settings.agency_hotline,
                email=settings.agency_email,
                address=settings.agency_address,
                licence=settings.agency_licence,
                emblem_url=EMBLEM if settings.agency_emblem else "",
            ),
            public_url=settings.address(),
            timezone=settings.timezone,
            development=settings.development,
            session_idle_minutes=settings.session_idle_minutes,
            session_hours=settings.session_hours,
        )
        if settings.agency_emblem:
            _hang_emblem(app, settings.agency_emblem)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,  # it would hold addresses of citizens
                server_header=False,
                proxy_headers=True,
                forwarded_allow_ips=settings.forwarded_allow_ips,
                timeout_keep_alive=20,
                timeout_graceful_shutdown=8,
            )
        )
        if lifeline is not None:
            tie(lifeline, lambda: setattr(server, "should_exit", True))
        # What is loaded by now stays: walking over it at every full collection stops all requests for 0.1 s.
        gc.collect()
        gc.freeze()
        server.run(sockets=[given])


def _hang_emblem(app: "FastAPI", path: Path) -> None:
    from fastapi.responses import FileResponse  # noqa: PLC0415

    if not path.is_file():
        raise StartRefused(f"AGENCY_EMBLEM: there is no file {path}.", exit_code=78)
    kind = mimetypes.guess_type(path.name)[0] or ""
    if not kind.startswith("image/"):
        raise StartRefused(f"AGENCY_EMBLEM: {path} is not an image.", exit_code=78)
    app.add_api_route(
        EMBLEM,
        lambda: FileResponse(path, media_type=kind, headers={"Cache-Control": "public, max-age=86400"}),
        methods=["GET"],
        include_in_schema=False,
    )


def work(settings: Settings, *, lifeline: int | None = None) -> None:
    """Do the work of the worker, and keep the timetable while being the leader, until told to stop.

    Raises StartRefused when the database or a key is not there.
    """
    logs.set_up(settings.log_format, settings.log_level, process="work")
    from app import jobs, keys, worker  # noqa: PLC0415  web and short commands do without
    from corpus import encoder  # noqa: PLC0415
    from intake import fetch  # noqa: PLC0415

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if lifeline is not None:
        tie(lifeline, stop.set)
    with opening.database(
        settings, name="kiemtin work", statement_seconds=timedelta(minutes=2).total_seconds()
    ) as engine:
        found = keys.load(settings)
        inbox = _inbox(settings, engine, found, stop)
        clock = threading.Thread(target=jobs.keep, args=(engine, found.audit, stop, inbox), name="timetable")
        clock.start()
        agent = fetch.agent(settings.public_url)
        try:
            worker.work(
                engine,
                lambda: encoder.load(settings.encoder_model, settings.encoder_runtime),
                stop,
                zone=ZoneInfo(settings.timezone),
                contact_key=found.contact,
                model=settings.encoder_model,
                load=lambda model: encoder.load(model, settings.encoder_runtime),
                look=_look(settings),
                limits=fetch.Limits(agent=agent) if settings.fetch_enabled else None,
                flood_cases=settings.flood_cases_per_hour,
            )
        finally:
            stop.set()
            clock.join(timeout=10)


def _look(settings: Settings) -> Callable[[str], bytes | None] | None:
    """Return what takes pictures of kept pages, or None where no browser is set."""
    if settings.chromium is None:
        return None
    from intake import screenshot  # noqa: PLC0415

    return functools.partial(screenshot.take, chromium=settings.chromium)


def _inbox(
    settings: Settings, engine: "Engine", keys: "Keys", stop: threading.Event
) -> dict[str, tuple[int, Callable[[], object]]]:
    """Return the job that reads the inbox, or none where no inbox is set."""
    if not settings.imap_host:
        return {}
    from sqlalchemy.orm import sessionmaker  # noqa: PLC0415

    from intake import inbox, reports  # noqa: PLC0415

    account = inbox.Account(
        host=settings.imap_host,
        port=settings.imap_port,
        tls=settings.imap_tls,
        user=settings.imap_user,
        password=settings.secret("imap_password") or "",
        folder=settings.imap_folder,
        done_folder=settings.imap_done_folder,
        keep_sender=settings.imap_keep_sender,
    )
    reader = inbox.Reader(
        sessions=sessionmaker(engine, expire_on_commit=False),
        keys=reports.Keys(code=keys.code, contact=keys.contact),
        zone=ZoneInfo(settings.timezone),
        now=lambda: datetime.now(UTC),
        stopped=stop.is_set,
    )
    return {"read-inbox": (inbox.EVERY, lambda: inbox.read_new(account, reader))}
