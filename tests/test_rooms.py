"""Doors between rooms go one way: what may import what, over the three packages and inside the training package."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TRAIN = ROOT / "train" / "sspnet_train"
PACKAGES = {"sspnet_sdk": ROOT / "sspnet_sdk", "sspnet_train": TRAIN, "sspnet_export": ROOT / "export" / "sspnet_export"}
LAZY_COMMANDS = {"train.py", "eval.py", "synth.py", "label.py", "export.py"}
OF_THE_RUNTIME = {"sspnet_sdk.errors", "sspnet_sdk.pose"}


@functools.cache
def imports(path: Path) -> tuple[tuple[str, ...], ...]:
    """Modules that a file imports, as their parts; relative ones made whole. `from a import b` counts as a, and as a.b where
    that is a module."""
    return tuple(imports_of(ast.parse(path.read_text()), path))


def imports_of(tree: ast.Module, path: Path) -> Iterator[tuple[str, ...]]:
    package = next(folder for folder in PACKAGES.values() if path.is_relative_to(folder))
    here = (package.name, *path.relative_to(package).parent.parts)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (tuple(name.name.split(".")) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = here[: len(here) - node.level + 1] if node.level else ()
            module = (*start, *(node.module or "").split(".")) if node.module else start
            for name in node.names:
                inside = PACKAGES.get(module[0])
                deeper = inside is not None and (inside.joinpath(*module[1:], f"{name.name}.py")).is_file()
                room = inside is not None and (inside.joinpath(*module[1:], name.name, "__init__.py")).is_file()
                yield (*module, name.name) if deeper or room else module


def files(package: str) -> list[Path]:
    return sorted(PACKAGES[package].rglob("*.py"))


def rooms() -> dict[str, set[str]]:
    """Room of the training package -> rooms that it imports. A file on the ground or on top is a room of its own."""
    found: dict[str, set[str]] = {}
    for path in files("sspnet_train"):
        room = path.relative_to(TRAIN).parts[0].removesuffix(".py")
        uses = {module[1] for module in imports(path) if module[0] == "sspnet_train" and len(module) > 1}
        found.setdefault(room, set()).update(uses - {room})
    return found


def test_training_rooms_import_each_other_without_a_circle():
    open_rooms = rooms()
    while open_rooms:
        ground = [room for room, uses in open_rooms.items() if not uses & set(open_rooms)]
        assert ground, f"these rooms import each other in a circle: {open_rooms}"
        for room in ground:
            del open_rooms[room]


def test_errors_and_metrics_lie_on_the_ground_and_the_default_model_on_top():
    found = rooms()
    assert not found["errors"] and not found["metrics"]
    assert not any("default_model" in uses for uses in found.values())


@pytest.mark.parametrize("package, may", [("sspnet_train", {"sspnet_sdk"}), ("sspnet_export", {"sspnet_sdk", "sspnet_train"})])
def test_packages_import_only_those_below(package, may):
    for path in files(package):
        used = {module[0] for module in imports(path)} & set(PACKAGES) - {package}
        assert used <= may, f"{path} imports {used - may}"


def test_training_takes_only_errors_and_poses_from_the_runtime():
    for path in files("sspnet_train"):
        used = {".".join(module[:2]) for module in imports(path) if module[0] == "sspnet_sdk"}
        assert used <= OF_THE_RUNTIME, f"{path} imports {used - OF_THE_RUNTIME}"


def test_the_runtime_imports_neither_training_nor_export_but_inside_five_commands():
    for path in files("sspnet_sdk"):
        if path.parent.name == "cli" and path.name in LAZY_COMMANDS:
            continue
        assert not {module[0] for module in imports(path)} & {"sspnet_train", "sspnet_export"}, path


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_are_absolute(package):
    for path in files(package):
        relative = [node.lineno for node in ast.walk(ast.parse(path.read_text())) if getattr(node, "level", 0)]
        assert not relative, f"{path}: lines {relative} import by dots"


def imports_when_loaded(path: Path) -> set[str]:
    """Modules of ours that a file imports as it is loaded: not inside functions, not for types alone."""
    tree = ast.parse(path.read_text())
    tree.body = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return {".".join(module) for module in imports_of(tree, path) if module[0] in PACKAGES}


def test_no_file_needs_one_that_needs_it_to_be_loaded():
    waiting = {}
    for package, folder in PACKAGES.items():
        for path in files(package):
            name = ".".join((package, *path.relative_to(folder).with_suffix("").parts)).removesuffix(".__init__")
            waiting[name] = imports_when_loaded(path) - {name}
    while waiting:
        ready = [name for name, needs in waiting.items() if not needs & set(waiting)]
        assert ready, f"these files import each other in a circle: {sorted(waiting)}"
        for name in ready:
            del waiting[name]


def section_of_the_architecture(title: str) -> str:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    return page.split(f"## {title}", 1)[1].split("\n## ", 1)[0]


@pytest.mark.parametrize("package, title", [("sspnet_sdk", "Runtime rooms"), ("sspnet_train", "Training rooms")])
def test_the_architecture_names_every_room_and_what_is_in_it(package, title):
    rows = dict(re.findall(r"^\| `(\w+)/` \|.*\| ?(.*?) ?\|$", section_of_the_architecture(title), re.M))
    folder = PACKAGES[package]
    assert set(rows) == {path.parent.name for path in files(package) if path.parent != folder}
    for room, named in rows.items():
        if named:
            assert set(re.findall(r"`(\w+\.py)`", named)) == {path.name for path in (folder / room).glob("[!_]*.py")}, room


def test_a_training_room_imports_only_those_above_it_in_the_architecture():
    order = re.findall(r"^\| `(\w+)/` \|", section_of_the_architecture("Training rooms"), re.M)
    for room, uses in rooms().items():
        below = set(order[order.index(room) :]) if room in order else set()
        assert not uses & below, f"{room} imports {uses & below}"


def test_the_architecture_names_every_file_of_the_export():
    named = set(re.findall(r"`(\w+\.py)`", section_of_the_architecture("Export rooms")))
    assert {path.name for path in PACKAGES["sspnet_export"].glob("[!_]*.py")} <= named
