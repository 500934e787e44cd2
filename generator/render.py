"""Renders the client package from the templates, with the machinery of openapi-python-client."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from openapi_python_client import Project
from openapi_python_client.parser import GeneratorData

from .reader import Document, config_of, read
from .surface import UNKNOWN_ROW, APISurface, class_name
from .text import docstring, listed, prose, snake_case
from .type_mapper import WIRE_TYPES

__all__ = ["TEMPLATES", "write_package"]

TEMPLATES = Path(__file__).parent / "templates"


def write_package(bundle: dict[str, Any], directory: Path, document: Document | None = None) -> None:
    """Write the client package of a bundle into a folder.

    Args:
        bundle: The OpenAPI document.
        directory: The folder.
        document: The result of openapi-python-client; by default the bundle is read now.

    Raises:
        GenerationError: A part of the bundle cannot be generated.
    """
    Package(bundle, document or read(bundle), directory).write()


class Package(Project):
    """The client package as a project of openapi-python-client."""

    def __init__(self, bundle: dict[str, Any], document: Document, directory: Path) -> None:
        super().__init__(openapi=cast("GeneratorData", document.data), config=config_of(directory), custom_template_path=TEMPLATES)
        self.surface = surface = APISurface(bundle, document)
        names = sorted([*surface.models, *([UNKNOWN_ROW] if surface.types.all_tags() else [])])
        self.env.globals.update(
            python=surface.types, surface=surface, models=names, wire_types=sorted(WIRE_TYPES), prose=prose, docstring=docstring, listed=listed
        )
        self.env.filters.update(snake_case=snake_case, class_name=class_name, python_tuple=python_tuple, constant_name=constant_name, described=described)

    def write(self) -> None:
        """Write the package."""
        surface = self.surface
        self.render("package_init", "__init__")
        self.render("types", "types", objects=surface.objects)
        self.render("status_codes", "status_codes", status_codes=surface.bundle["x-status-codes"])
        vocabulary = surface.bundle.get("x-vocabulary", {})
        self.render("parameters", "parameters", corrections=vocabulary.get("country_corrections", {}))
        self.render("security", "security")
        if vocabulary:
            self.render("vocabulary", "vocabulary", vocabulary=vocabulary, schemas=surface.types.schemas)
        if exports := surface.bundle.get("x-exports"):
            self.render("exports", "exports", exports=exports)
        self.render("resources", "resources", tags=surface.tags())
        self.render("models_init", "models/__init__")
        no_ops = [code for code, entry in surface.bundle["x-status-codes"].items() if entry.get("no_op")]
        for name in surface.models:
            if surface.types.is_union(name):
                self.render("union", f"models/{snake_case(name)}", name=name, schema=surface.types.schemas[name])
            else:
                context = {"model": surface.document.models[name], "bases": surface.bases(name), "row": surface.row_of(name)}
                self.render("model", f"models/{snake_case(name)}", name=name, no_ops=no_ops, **context)
        if tags := surface.types.all_tags():
            self.render("unknown_row", "models/unknown_row", tags=tags)
        self.render("api_init", "api/__init__")
        for tag, methods in surface.methods.items():
            self.render("resource", f"api/{tag}", tag=tag, description=surface.tags()[tag], methods=methods, vocabularies=surface.vocabularies(methods))
        (self.package_dir / "py.typed").write_text("")

    def render(self, template: str, module: str, **context: Any) -> None:
        target = self.package_dir / f"{module}.py"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.env.get_template(f"{template}.py.jinja").render(**context), encoding="utf-8")


def python_tuple(items: Iterable[str]) -> str:
    """The expression of a tuple of texts."""
    return f"({''.join(f'{item!r}, ' for item in items)})"


def described(members: dict[str, Any]) -> list[tuple[str, str]]:
    """The names and descriptions of members, for a section of a docstring."""
    return [(name, member["description"]) for name, member in members.items()]


def constant_name(label: str) -> str:
    """The name of a constant: `SCIENCE_FICTION` for `Science Fiction`."""
    return "_".join(re.findall(r"\w+", label)).upper()
