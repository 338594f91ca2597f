"""An organization as a file that a person can edit: ``organizations/DOMAIN.md``.

Front matter with ``taxonomy``, ``_id``, ``name``, ``domain`` and ``images`` (the logos, smallest first); further keys
and the body are a person's notes. An address of a logo is absolute, or begins with a slash on the consumer's site.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from storyfold.document import Image, Provider
from storyfold.errors import DocumentError, SettingsError
from storyfold.front_matter import read_front_matter
from storyfold.yaml_scalars import plain_or_quoted, quote


def read_organization(path: Path) -> Provider:
    """The organization that a file tells of.

    Raises:
        SettingsError: it has no front matter, or name, domain or an image of it is not usable.
    """
    try:
        values, _ = read_front_matter(path.read_bytes())
    except DocumentError as error:
        raise SettingsError(f"{path}: {error}") from error
    return _build_provider(path, values)


def _build_provider(path: Path, values: dict[str, Any]) -> Provider:
    name, domain = values.get("name"), values.get("domain")
    if not isinstance(name, str) or not isinstance(domain, str) or not name.strip() or not domain.strip():
        raise SettingsError(f"{path}: an organization needs name and domain")
    try:
        images = msgspec.convert(values.get("images") or [], tuple[Image, ...])
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path}: images: {error}") from error
    return Provider(name=name, domain=domain.lower(), images=images)


def organization_text(organization: Provider) -> str:
    """The file of an organization, in the layout of story documents: addresses quoted, lists indented."""
    lines = [
        "---",
        "taxonomy: organization",
        f"_id: {plain_or_quoted(organization.domain)}",
        f"name: {plain_or_quoted(organization.name)}",
        f"domain: {plain_or_quoted(organization.domain)}",
    ]
    if organization.images:
        lines.append("images:")
    for image in organization.images:
        lines.append(f"  - url: {quote(image.url)}")
        sizes = {"width": image.width, "height": image.height}
        lines += [f"    {name}: {pixels}" for name, pixels in sizes.items() if pixels is not None]
    return "\n".join([*lines, "---", ""])
