"""Writes a CycloneDX bill of materials (JSON, version 1.6) of the program for a target.

    python3 packaging/release/sbom.py TARGET FILE

It needs `cyclonedx-python-lib[json-validation]` (packaging/release/requirements.txt), which also
checks the result against CycloneDX's own schema. `cargo cyclonedx` says the same, but must be
compiled first, which takes minutes. The same commit gives the same bytes.
"""

import datetime
import pathlib
import sys
import uuid

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

import dependencies
import project


def component(package: dependencies.Package, checksum: str | None) -> Component:
    reference = f"pkg:cargo/{package.name}@{package.version}"
    links = []
    if package.repository:
        link = ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(package.repository))
        links.append(link)
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=checksum)] if checksum else []
    licences = [LicenseExpression(package.licence)] if package.licence else []
    is_program = package.is_ours and package.name == "momo-sandbox"
    return Component(
        type=ComponentType.APPLICATION if is_program else ComponentType.LIBRARY,
        name=package.name,
        version=package.version,
        description=package.description or None,
        licenses=licences,
        hashes=hashes,
        external_references=links,
        purl=PackageURL(type="cargo", name=package.name, version=package.version),
        bom_ref=reference,
    )


def bill(target: str) -> Bom:
    packages = dependencies.shipped(target)
    checksums = dependencies.checksums()
    components = {
        (each.name, each.version): component(each, checksums.get((each.name, each.version)))
        for each in packages
    }
    bom = Bom()
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, f"momosandbox-{project.version()}-{target}")
    bom.metadata.timestamp = datetime.datetime.fromtimestamp(project.commit_time(), datetime.UTC)
    root = components[("momo-sandbox", project.version())]
    bom.metadata.component = root
    for key, each in components.items():
        if each is not root:
            bom.components.add(each)
    for package in packages:
        own = components[(package.name, package.version)]
        bom.register_dependency(own, [components[need] for need in package.needs])
    return bom


def faults(text: str) -> str | None:
    """What CycloneDX's schema has against a text."""
    found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    return str(found) if found else None


def main() -> None:
    if len(sys.argv) != 3 or sys.argv[1] not in project.TARGETS:
        sys.exit(f"{__doc__}\nTargets: {', '.join(project.TARGETS)}")
    target, file = sys.argv[1], pathlib.Path(sys.argv[2])
    text = JsonV1Dot6(bill(target)).output_as_string(indent=1)
    fault = faults(text)
    if fault:
        sys.exit(f"sbom: the bill for {target} does not keep to the schema: {fault}")
    file.write_text(text + "\n")
    print(f"{file}: {text.count('bom-ref')} components of {target}")


if __name__ == "__main__":
    main()
