"""Work on foreign bytes apart: in a fresh child process that may do little, for a short time.

What parsers and decoders are fed was written by strangers, and some of it was written to break them.
A child of its own takes the harm: its memory, processor time, output and open files are limited, it
may not open a socket, start another process or signal one, its environment is empty, and it is killed
when its time is up. What comes back is checked as strictly as what came from the network: a few
builtin types, written as JSON, of limited size.

The seal (`_seal`) needs Linux on x86-64 or ARM; elsewhere the resource limits stand alone.
"""

import base64
import contextlib
import errno
import importlib
import json
import logging
import os
import pickle
import platform
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, Final, Literal

log = logging.getLogger(__name__)
Reason = Literal["crash", "time", "memory", "output", "error"]

_ROOT: Final = Path(__file__).resolve().parent.parent
_FILES: Final = 64  # open files of a child
_MARKS: Final = 2_000_000  # brackets and commas of a result: bounds how many objects it becomes
_LOGGED: Final = 600  # characters of a child's complaint that reach the log
_ENDED: Final[Mapping[int, Reason]] = {70: "error", 71: "memory", 72: "output", -signal.SIGXCPU: "time"}
_EXIT: Final[Mapping[Reason, int]] = {"error": 70, "memory": 71, "output": 72}
# One thread for every numerical library, and no settings of ours.
_ENVIRONMENT: Final[Mapping[str, str]] = {
    "LANG": "C.UTF-8",
    **dict.fromkeys(("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
}
_slots = threading.BoundedSemaphore(max(2, os.cpu_count() or 2))  # children of this process at a time
_calm_slot = threading.BoundedSemaphore(1)  # one more, for what must not wait until others have been read


class Refused(Exception):  # noqa: N818  an answer, not a fault
    """The child did not bring a result. `reason` is one of crash, time, memory, output, error."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def run(
    function: str,
    *args: object,
    cpu_s: int = 10,
    memory_mb: int = 512,
    wall_s: float = 20,
    output_mb: int = 64,
    calm: bool = False,
    told: Callable[[float], object] | None = None,
) -> Any:  # noqa: ANN401  whatever the function returns
    """Return `function` ("package.module:name", never from data) called with `args` in a limited child.

    Arguments are anything that pickles; the result may hold None, bool, int, float, str, bytes, list,
    tuple and dict. `cpu_s` is processor time, `memory_mb` address space (an interpreter with lxml
    takes about 150), `wall_s` the time from start to end, `output_mb` the size of the result as written.
    Children wait for a free slot; `calm` ones have one of their own. `told` hears the seconds without that.
    Raises Refused: whatever went wrong, the caller's process is unharmed.
    """
    limits = (cpu_s, memory_mb * 1024 * 1024, output_mb * 1024 * 1024, wall_s)
    with (
        _calm_slot if calm else _slots,
        tempfile.TemporaryFile() as request,
        tempfile.TemporaryFile() as result,
        tempfile.TemporaryFile() as complaint,
    ):
        pickle.dump((limits, function), request)
        pickle.dump(args, request)
        request.seek(0)
        started = time.monotonic()
        ended = _wait(request, result, complaint, wall_s)
        if told is not None:
            told(time.monotonic() - started)
        if ended != 0:
            reason: Reason = "time" if ended is None else _ENDED.get(ended, "crash")
            log.warning("%s apart: %s (%s) %s", function, reason, ended, _said(complaint))
            raise Refused(reason)
        try:
            return _read(result, limits[2])
        except (ValueError, RecursionError) as unreadable:
            log.warning("%s apart: unreadable result", function)
            raise Refused("output") from unreadable


def _wait(request: IO[bytes], result: IO[bytes], complaint: IO[bytes], wall_s: float) -> int | None:
    """Return the child's exit status, negative for a signal, None when its time was up."""
    child = subprocess.Popen(  # noqa: S603  our own file, by our own interpreter
        [sys.executable, "-I", "-X", "utf8", "-B", __file__],
        stdin=request,
        stdout=result,
        stderr=complaint,
        cwd="/",
        env=dict(_ENVIRONMENT),
        start_new_session=True,
    )
    try:
        return child.wait(wall_s)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)  # what it may have started where there is no seal, too
        child.wait()


def _said(complaint: IO[bytes]) -> str:
    """Return the end of what the child complained, safe to log."""
    size = complaint.seek(0, os.SEEK_END)
    complaint.seek(max(0, size - _LOGGED))
    return ascii(complaint.read(_LOGGED).decode("utf-8", "replace"))


def _read(result: IO[bytes], limit: int) -> Any:  # noqa: ANN401
    """Return the value that the child wrote. Raises ValueError for anything but what `_plain` makes."""
    result.seek(0)
    written = result.read(limit + 1)
    if len(written) > limit or sum(written.count(mark) for mark in b"[{,") > _MARKS:
        raise ValueError("too much")
    return json.loads(written, object_hook=_unwrapped)


def _unwrapped(wrapped: dict[str, Any]) -> Any:  # noqa: ANN401
    """Return what `_plain` wrapped: exactly one key, which names the type."""
    ((kind, inner),) = wrapped.items()
    match kind, inner:
        case "bytes", str():
            return base64.b64decode(inner, validate=True)
        case "tuple", list():
            return tuple(inner)
        case "dict", list():
            try:
                return dict(inner)
            except TypeError as odd:
                raise ValueError("not a dict") from odd
    raise ValueError("unknown wrapping")


# --- the child ------------------------------------------------------------------------------------


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Return `value` as JSON can hold it, what it cannot hold wrapped by name. Raises TypeError."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes() | bytearray() | memoryview():
            return {"bytes": base64.b64encode(value).decode("ascii")}
        case tuple():
            return {"tuple": [_plain(one) for one in value]}
        case list():
            return [_plain(one) for one in value]
        case dict():
            return {"dict": [[_plain(key), _plain(one)] for key, one in value.items()]}
    raise TypeError(f"a result may not hold {type(value).__name__}")


def _limit(cpu_s: int, memory: int, output: int, wall_s: float) -> None:
    """Set this process's limits: seconds, bytes, bytes, seconds."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (output, output))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))
    signal.setitimer(signal.ITIMER_REAL, wall_s + 1)  # ends it even when its parent was killed
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")  # taken before anything else


# Numbers of system calls: AUDIT_ARCH, clone, clone3, and those denied (include/uapi/asm of Linux):
# execve, execveat, ptrace, kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal,
# pidfd_getfd, process_vm_readv, process_vm_writev, socket, io_uring_setup, setsid, setpgid, unshare,
# setns, mount, bpf, keyctl; on x86-64 fork and vfork too.
_CALLS: Final[Mapping[str, tuple[int, int, int, tuple[int, ...]]]] = {
    "x86_64": (0xC000003E, 56, 435, (
        59, 322, 101, 62, 200, 234, 129, 297, 424, 438, 310, 311, 41, 425, 112, 109, 272, 308, 165, 321, 250,
        57, 58,
    )),
    "aarch64": (0xC00000B7, 220, 435, (
        221, 281, 117, 129, 130, 131, 138, 240, 424, 438, 270, 271, 198, 425, 157, 154, 97, 268, 40, 280, 219,
    )),
}  # fmt: skip


def _rules(arch: int, clone: int, clone3: int, denied: tuple[int, ...]) -> bytes:
    """Return the seal as a classic BPF program: threads yes; processes, sockets, signals, exec no."""

    def rule(code: int, operand: int, then: int = 0, otherwise: int = 0) -> bytes:
        return struct.pack("HBBI", code, then, otherwise, operand)

    load, equal, at_least, any_bit, answer = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, refuse = 0x7FFF0000, 0x00050000
    checks = [rule(equal, call, 0, 1) + rule(answer, refuse | errno.EPERM) for call in denied]
    return b"".join([
        rule(load, 4), rule(equal, arch, 1, 0), rule(answer, refuse | errno.EPERM),
        rule(load, 0), rule(at_least, 0x40000000, 0, 1), rule(answer, refuse | errno.EPERM),  # the x32 table
        *checks,
        rule(equal, clone3, 0, 1), rule(answer, refuse | errno.ENOSYS),  # its flags cannot be seen: use clone
        rule(equal, clone, 1, 0), rule(answer, allow),
        rule(load, 16), rule(any_bit, 0x10000, 1, 0), rule(answer, refuse | errno.EPERM),  # CLONE_THREAD
        rule(answer, allow),
    ])  # fmt: skip


def _seal() -> None:
    """Give up, for good, what a parser never needs. Does nothing where the seal is not known."""
    calls = _CALLS.get(platform.machine()) if sys.platform == "linux" else None
    if calls is None:
        return
    import ctypes  # noqa: PLC0415  only the child needs it

    rules = _rules(*calls)
    held = ctypes.create_string_buffer(rules, len(rules))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(rules) // 8, ctypes.addressof(held)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(38, 1, 0, 0, 0) or prctl(22, 2, program):  # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP
        raise OSError(ctypes.get_errno(), "the seal could not be set")


def _child() -> None:
    """Serve the one request on standard input; the answer goes where standard output was."""
    sys.path.insert(0, str(_ROOT))
    limits, function = pickle.load(sys.stdin.buffer)  # noqa: S301  written by our own parent
    _limit(*limits)
    with os.fdopen(os.dup(1), "wb") as result:
        os.dup2(2, 1)  # a library that prints must not print into the result
        _seal()
        module, name = function.split(":")
        answer = getattr(importlib.import_module(module), name)(*pickle.load(sys.stdin.buffer))  # noqa: S301
        result.write(json.dumps(_plain(answer)).encode("ascii"))


def _main() -> None:
    code = 0
    try:
        _child()
    except MemoryError:
        code = _EXIT["memory"]
    except BaseException as failure:  # noqa: BLE001  whatever ended the work, the answer is one number
        full = isinstance(failure, OSError) and failure.errno == errno.EFBIG
        code = _EXIT["output" if full else "error"]
        with contextlib.suppress(Exception):
            sys.stderr.write(f"{type(failure).__name__}: {failure}"[:_LOGGED])
            sys.stderr.flush()
    os._exit(code)  # no exit handler of a library gets another word


if __name__ == "__main__":
    _main()
