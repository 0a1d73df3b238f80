"""The rules of the house that its shape must keep: sizes, who commits, who reads the environment."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import app
import corpus
import intake
import models
import publish
import verify

ROOT = Path(__file__).parent.parent
ROOMS = (app, corpus, intake, models, publish, verify)
STAGES = ("intake", "verify", "publish", "corpus", "models")
MODULE_LIMIT, FUNCTION_LIMIT, ROUTE_LIMIT = 350, 60, 30  # lines


def sources(*rooms: str) -> Iterator[Path]:
    for room in rooms or tuple(one.__name__ for one in ROOMS):
        yield from (path for path in sorted((ROOT / room).rglob("*.py")) if "migrations" not in path.parts)


def nodes(path: Path) -> Iterator[ast.AST]:
    yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def is_route(function: ast.FunctionDef) -> bool:
    decorators = (one.func for one in function.decorator_list if isinstance(one, ast.Call))
    return any(isinstance(one, ast.Attribute) and one.attr in {"get", "post"} for one in decorators)


def length(function: ast.FunctionDef) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def test_rooms_come_from_this_tree() -> None:
    for room in ROOMS:
        assert room.__file__ is not None
        assert Path(room.__file__).is_relative_to(ROOT)


def test_modules_stay_small() -> None:
    lengths = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert not {path: count for path, count in lengths.items() if count > MODULE_LIMIT}


def test_functions_and_routes_stay_short() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.name} {length(node)}"
        for path in sources()
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef)
        and length(node) > (ROUTE_LIMIT if is_route(node) else FUNCTION_LIMIT)
    ]
    assert not long


@pytest.mark.parametrize("room", STAGES)
def test_rooms_never_commit(room: str) -> None:
    for path in sources(room):
        for node in nodes(path):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in {"commit", "rollback"}, f"{path}:{node.lineno}"


def test_rooms_do_not_read_the_environment() -> None:
    readers = {path.name for path in sources(*STAGES) if "os.environ" in path.read_text(encoding="utf-8")}
    assert readers <= {"encoder.py"}  # it sets the number of threads before native code looks


def test_no_template_marks_text_as_safe() -> None:
    for room in ROOMS:
        for path in (ROOT / room.__name__).rglob("*.html"):
            assert "|safe" not in path.read_text(encoding="utf-8").replace(" ", ""), path


def test_the_style_sheet_names_no_other_host() -> None:
    sheet = (ROOT / "app" / "static" / "kiemtin.css").read_text(encoding="utf-8")
    assert "url(http" not in sheet.replace(chr(34), "").replace(chr(39), "")


@pytest.mark.parametrize("module", ["app.main", "app.cli", "app.serving", "app.supervisor"])
def test_nothing_but_the_encoder_loads_torch(module: str) -> None:
    heavy = "{'torch', 'sentence_transformers', 'transformers', 'onnxruntime', 'sklearn', 'numpy'}"
    program = f"import sys, {module}; sys.exit(bool({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False, timeout=60)  # noqa: S603
    assert done.returncode == 0


def test_help_loads_neither_torch_nor_the_database() -> None:
    heavy = "{'torch', 'sentence_transformers', 'sqlalchemy', 'numpy'}"
    program = (
        "import sys\nfrom typer.testing import CliRunner\nimport app.cli\n"
        "assert CliRunner().invoke(app.cli.app, ['--help']).exit_code == 0\n"
        f"sys.exit(bool({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False, timeout=60)  # noqa: S603
    assert done.returncode == 0
