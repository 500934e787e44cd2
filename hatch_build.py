"""Puts a bill of materials (SBOM) into the wheel: what it needs to run, and in which versions. Hatchling runs this when it builds."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.requirements import Requirement
from packaging.version import Version

VERS = {">=", ">", "<=", "<", "!=", "=="}


class Sbom(BuildHookInterface[Any]):
    """Writes `sboms/tmdbkit.cdx.json` in CycloneDX.

    A library does not know the versions that it will run with, so its dependencies stand there as what they are: external, and with the range that is allowed.
    There is no time and no serial number in it, so that the same source gives the same bytes.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the file where hatchling finds it."""
        del version
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name) / f"{self.metadata.core.name}.cdx.json"
        path.write_text(json.dumps(self.sbom(), indent=1) + "\n", encoding="utf-8")
        build_data["sbom_files"].append(str(path))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove it again."""
        del version, build_data, artifact_path
        self._folder.cleanup()

    def sbom(self) -> dict[str, Any]:
        """The bill of materials."""
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
