"""Puts two files into the wheel: the OpenAPI description, and a bill of materials (SBOM). Hatchling runs this when it builds."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.requirements import Requirement
from packaging.version import Version

EXTENSIONS = {"x-changes-state", "x-displayName", "x-exports", "x-status-codes", "x-tagGroups", "x-undocumented", "x-vocabulary"}
"""The extensions of the spec that say something to others; the rest are for our generator. The README of the spec explains them."""
VERS = {">=", ">", "<=", "<", "!=", "=="}


class BuildHook(BuildHookInterface[Any]):
    """Writes `tmdb_openapi/openapi.json`, and `sboms/tmdbkit.cdx.json` in CycloneDX. The same source gives the same bytes."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the files where hatchling finds them."""
        self._folder = tempfile.TemporaryDirectory()
        build_data["sbom_files"].append(self._written(f"{self.metadata.core.name}.cdx.json", self.sbom()))
        if version != "editable":
            bundle = json.loads(Path(self.root, "generated", "openapi.json").read_text(encoding="utf-8"))
            build_data["force_include"][self._written("openapi.json", published(bundle, self.metadata.version))] = "tmdb_openapi/openapi.json"

    def _written(self, name: str, content: dict[str, Any]) -> str:
        path = Path(self._folder.name) / name
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return str(path)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove them again."""
        del version, build_data, artifact_path
        self._folder.cleanup()

    def sbom(self) -> dict[str, Any]:
        """The bill of materials.

        A library does not know the versions that it will run with, so its dependencies are external, each with the range that is allowed.
        """
        core = self.metadata.core
        itself = f"pkg:pypi/{core.name}@{self.metadata.version}"
        needed = {str(requirement): component(requirement, scope) for requirement, scope in self.requirements()}
        return {
            "bomFormat": "CycloneDX",
            "specVersion": "1.7",
            "version": 1,
            "metadata": {
                "lifecycles": [{"phase": "build"}],
                "component": {
                    "type": "library",
                    "bom-ref": itself,
                    "name": core.name,
                    "version": self.metadata.version,
                    "description": core.description,
                    "licenses": [{"expression": core.license_expression}],
                    "purl": itself,
                },
            },
            "components": list(needed.values()),
            "dependencies": [{"ref": itself, "dependsOn": list(needed)}],
            # What these need in turn is theirs to say.
            "compositions": [{"aggregate": "complete", "dependencies": [itself]}, {"aggregate": "unknown", "dependencies": list(needed)}],
        }

    def requirements(self) -> Iterator[tuple[Requirement, str]]:
        """What the package needs, and what its extras do, each with the scope that CycloneDX gives it."""
        core = self.metadata.core
        yield from ((requirement, "required") for requirement in core.dependencies_complex.values())
        yield from ((requirement, "optional") for extra in core.optional_dependencies_complex.values() for requirement in extra.values())


def published(bundle: dict[str, Any], version: str) -> dict[str, Any]:
    """The OpenAPI description as users get it: the bundle of the spec without what only our generator needs.

    Args:
        bundle: The bundle.
        version: The version of the package.
    """
    description: dict[str, Any] = _without_extensions(bundle)
    description["info"]["version"] = version
    for code in description.get("x-status-codes", {}).values():
        code.pop("error", None)  # the exception of the Python client
    return description


def _without_extensions(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_extensions(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: item for key, item in value.items() if not key.startswith("x-") or key in EXTENSIONS}
    return {key: item if key in ("example", "examples") else _without_extensions(item) for key, item in kept.items()}


def component(requirement: Requirement, scope: str) -> dict[str, Any]:
    """A requirement as a component that the environment provides."""
    return {
        "type": "library",
        "bom-ref": str(requirement),
        "name": requirement.name,
        "isExternal": True,
        "versionRange": version_range(requirement),
        "scope": scope,
        "purl": f"pkg:pypi/{requirement.name}",
    }


def version_range(requirement: Requirement) -> str:
    """The versions that a requirement allows, in the notation that CycloneDX wants (vers).

    Raises:
        ValueError: It has an operator that cannot be written so, such as `~=`.
    """
    bounds = sorted(requirement.specifier, key=lambda bound: Version(bound.version))
    if not bounds or any(bound.operator not in VERS for bound in bounds):
        raise ValueError(f"{requirement}: a dependency needs a range made of {' '.join(sorted(VERS))}")
    return "vers:pypi/" + "|".join(f"{bound.operator.removeprefix('==')}{bound.version}" for bound in bounds)
