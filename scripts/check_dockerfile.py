#!/usr/bin/env python3
"""Run the Dockerfile's own steps without a container engine, and start what comes out.

Reads the Dockerfile and carries out its COPY, RUN, ENV, ARG, WORKDIR, USER, HEALTHCHECK and CMD in an
empty folder that stands for the root of the file system: absolute paths that the steps make are moved
below it. What cannot be done so is named at the end: the base image, `useradd`, the change of user.
With --read-only it only looks whether the steps could be carried out.
"""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from app import embedded

ROOT = Path(__file__).resolve().parent.parent
PREFIXES = ("/opt/kiemtin", "/src", "/var/lib/kiemtin")  # every absolute path that a step may name
PLANNED = ("FROM", "ARG", "ENV", "WORKDIR", "COPY", "RUN", "USER", "EXPOSE", "HEALTHCHECK", "CMD")
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")  # of the surroundings, beside pip's own settings
SECONDS = 30


class Wrong(Exception):  # noqa: N818  the sentence that is printed
    """A step that cannot be carried out, or did not do what it should."""


def steps(text: str) -> list[tuple[str, str]]:
    """Return (instruction, rest) of each step."""
    joined = re.sub(r"\\\n\s*", "", text)
    lines = [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(None, 1)[0].upper(), line.split(None, 1)[1].strip()) for line in lines]


def read_only(plan: list[tuple[str, str]]) -> None:
    """Raise Wrong unless each step is known and copies what exists, and the last stage is unprivileged."""
    for name, rest in plan:
        if name not in PLANNED:
            raise Wrong(f"{name}: this script cannot carry it out")
        if name == "COPY" and "--from" not in rest:
            for source in rest.split()[:-1]:
                if not (ROOT / source).exists():
                    raise Wrong(f"COPY {source}: there is no such file")
    last = plan[max(i for i, (name, _) in enumerate(plan) if name == "FROM") :]
    if not [rest for name, rest in last if name == "USER" and rest not in {"root", "0"}]:
        raise Wrong("the last stage runs as root")
    if "HEALTHCHECK" not in {name for name, _ in last}:
        raise Wrong("the last stage has no HEALTHCHECK")
    pinned = re.search(r'"(torch==[\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    if pinned is None or not any(pinned[1] in rest for name, rest in plan if name == "RUN"):
        raise Wrong("the torch of the Dockerfile is not that of pyproject.toml")


@dataclass
class Image:
    """The folder that stands for an image's root, and what its steps have set so far."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    health: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def below(self, text: str) -> str:
        """Return `text` with the known absolute paths moved below the root."""
        known = "|".join(map(re.escape, PREFIXES))
        return re.sub(rf"(?<![\w./-])({known})(?![\w-])", lambda found: f"{self.root}{found[1]}", text)

    def surroundings(self) -> dict[str, str]:
        """Return the environment of a step: that of the image, and of ours only what it needs to work."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name in KEPT or name.startswith(("PIP_", "SSL_", "REQUESTS_"))
        }
        ours = {name: self.below(value.replace("$PATH", kept["PATH"])) for name, value in self.env.items()}
        return {**kept, **ours}

    def here(self) -> Path:
        """Return the working folder."""
        path = Path(self.below(self.folder)) if self.folder != "/" else self.root
        path.mkdir(parents=True, exist_ok=True)
        return path

    def run(self, command: str) -> None:
        """Carry out one RUN."""
        if command.startswith("useradd"):
            self.skipped.append(
                f"RUN {command.split(maxsplit=1)[0]} (it would change this machine's accounts)"
            )
            return
        print(f"RUN {command}", flush=True)
        done = subprocess.run(  # noqa: S602  a step is a shell line
            self.below(command), shell=True, cwd=self.here(), env=self.surroundings(), check=False
        )
        if done.returncode:
            raise Wrong(f"RUN {command}: exit code {done.returncode}")

    def copy(self, rest: str) -> None:
        """Carry out one COPY from the build context, or between stages (which share one root here)."""
        if rest.startswith("--from"):
            return
        *sources, target = rest.split()
        for name in sources:
            source = ROOT / name
            there = self.here() / target / (source.name if target.endswith("/") else "")
            there.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, there, ignore=_ignored, dirs_exist_ok=True)
            else:
                shutil.copy2(source, there)


def _ignored(_folder: str, names: list[str]) -> set[str]:
    patterns = [
        line.removeprefix("**/") for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    ]
    return {name for name in names if any(fnmatch(name, pattern) for pattern in patterns)}


def build(plan: list[tuple[str, str]], root: Path) -> Image:  # noqa: C901  one branch an instruction
    """Carry out the whole plan below `root` and return the last image."""
    image = Image(root)
    arguments: dict[str, str] = {}
    for name, rest in plan:
        if name == "FROM":
            image = Image(root, skipped=[*image.skipped, f"FROM {rest.split()[0]}"])
        elif name == "ARG":
            key, _, default = rest.partition("=")
            arguments[key] = os.environ.get(key, default.strip('"'))
            image.env[key] = arguments[key]
        elif name == "ENV":
            image.env.update(dict(part.split("=", 1) for part in shlex.split(rest)))
        elif name == "WORKDIR":
            image.folder = rest
        elif name == "COPY":
            image.copy(rest)
        elif name == "RUN":
            image.run(rest)
        elif name == "USER":
            image.skipped.append(f"USER {rest}")
        elif name == "HEALTHCHECK":
            image.health = json.loads(rest[rest.index("CMD") + 3 :])
        elif name == "CMD":
            image.command = json.loads(rest)
    return image


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(image: Image) -> None:
    """Start what was built as web and as worker on a database of its own, and ask after its health."""
    env = image.surroundings() | {"HOST": "127.0.0.1", "PORT": str(_free_port())}
    where = {"cwd": image.here(), "env": env, "text": True}
    refused = subprocess.run(image.command, **where, capture_output=True, check=False)  # type: ignore[call-overload]  # noqa: S603
    if refused.returncode != 78 or refused.stderr.count("\n") != 1:  # noqa: PLR2004  EX_CONFIG, see app/refused.py
        raise Wrong(f"without DATABASE_URL it should refuse in one sentence, but said: {refused.stderr}")
    with embedded.throw_away() as cluster:
        env["DATABASE_URL"] = cluster.url()
        subprocess.run(["kiemtin", "migrate"], **where, check=True)  # type: ignore[call-overload]  # noqa: S607
        started = [
            subprocess.Popen(command, **where)  # type: ignore[call-overload]  # noqa: S603
            for command in (image.command, ["kiemtin", "work"])
        ]
        try:
            _wait_healthy(image, where)
            time.sleep(2)
            dead = [process.args for process in started if process.poll() is not None]
            if dead:
                raise Wrong(f"{dead[0]} ended by itself")
        finally:
            for process in started:
                process.send_signal(signal.SIGTERM)
            for process in started:
                process.wait(SECONDS)


def _wait_healthy(image: Image, where: dict[str, object]) -> None:
    deadline = time.monotonic() + SECONDS
    while subprocess.run(image.health, **where, capture_output=True, check=False).returncode:  # type: ignore[call-overload]  # noqa: S603
        if time.monotonic() > deadline:
            raise Wrong(f"HEALTHCHECK fails after {SECONDS} s")
        time.sleep(0.5)


def main() -> int:
    """Return 0 when the Dockerfile's steps work, 1 with the reason otherwise."""
    plan = steps((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    try:
        read_only(plan)
        if "--read-only" not in sys.argv[1:]:
            began = time.monotonic()
            with tempfile.TemporaryDirectory(prefix="kiemtin-image-") as folder:
                image = build(plan, Path(folder))
                start(image)
            print(f"Carried out in {time.monotonic() - began:.0f} s with Python {sys.version.split()[0]}:")
            print("the steps work; web answers its HEALTHCHECK, the worker stays up.")
            print(f"Not carried out: {'; '.join(image.skipped)}.")
    except Wrong as exc:
        print(f"Dockerfile: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
