"""Credentials of feeds: which one goes with a request, and how one that an address holds is taken out of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import blake2b
from urllib.parse import unquote

from storyfold.errors import FetchError, StoreConflictError
from worker.model.credential import Credential, CredentialKind, credential_faults
from worker.model.feed import Feed
from worker.sources.fetch.web_address import parse_web_address, public_url
from worker.store.credentials import Credentials

NO_CREDENTIAL = "no-credential"
"""The failure of a feed whose credential is not there or may not be sent to its server. Nothing was asked."""

_USERINFO = re.compile(r"(https?:/*)([^/?#\\]*)@", re.IGNORECASE)
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")


class FeedCredentials:
    """The credentials of the feeds of one process's polls.

    Args:
        credentials: where they are kept.
    """

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._loaded: dict[str, Credential] = {}
        self._faults: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"FeedCredentials({sorted(self._loaded)})"

    def load(self, feeds: Iterable[Feed]) -> None:
        """Read anew the credentials that some feeds name, in one round trip; in none when no feed names any."""
        names = {feed.credential for feed in feeds if feed.credential}
        if not names:
            return
        for name in names:
            self._loaded.pop(name, None)
            self._faults.pop(name, None)
        try:
            self._loaded.update(self._credentials.load(names))
        except StoreConflictError:
            self._load_each(names)

    def _load_each(self, names: set[str]) -> None:
        """One that cannot be read is no fault of the others."""
        for name in names:
            try:
                self._loaded.update(self._credentials.load([name]))
            except StoreConflictError as error:
                self._faults[name] = str(error)

    def of(self, feed: Feed) -> tuple[tuple[tuple[str, str], ...], str]:
        """The secret header fields of a feed's request and the one origin that may see them; ``((), "")`` for none.

        Raises:
            FetchError: ``no-credential``: it is not there, cannot be read, or may not be sent to the feed's server.
        """
        if not feed.credential:
            return (), ""
        credential = self._loaded.get(feed.credential)
        if credential is None:
            absent = f"there is no credential {feed.credential!r}; see `storyfold credentials set`"
            raise FetchError(NO_CREDENTIAL, self._faults.get(feed.credential, absent))
        origin = origin_of(feed.url)
        if origin not in credential.origins:
            raise FetchError(NO_CREDENTIAL, _not_for(credential, origin))
        return (credential.field,), origin


def check_credential(credentials: Credentials, name: str, url: str) -> str:
    """Why a feed cannot use a credential, "" when it can.

    Raises:
        FetchError: ``blocked``: the address is no http or https URL.
    """
    origin = origin_of(url)
    try:
        credential = credentials.load([name]).get(name)
    except StoreConflictError as error:
        return str(error)
    if credential is None:
        return f"there is no credential {name!r}; see `storyfold credentials set`"
    return "" if origin in credential.origins else _not_for(credential, origin)


def part_userinfo(url: str) -> tuple[str, Credential | None]:
    """The address without user and password, and these as a credential of its own; None when it holds none.

    The credential's name is made of the host and of a digest of user and origin: nothing can be learned from it
    about the password, and two feeds of one account share it.

    Raises:
        FetchError: ``blocked``: the address is no http or https URL, or its user or password cannot be sent.
    """
    found = _USERINFO.match(url.strip(" "))
    if found is None:
        return url, None
    bare = found[1] + url.strip(" ")[found.end() :]
    origin = origin_of(bare)
    user, _, password = (unquote(part) for part in found[2].partition(":"))
    digest = blake2b(f"{origin}\0{user}".encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    host = _NOT_IN_A_NAME.sub("-", origin.partition("://")[2]).strip("-.")[:60]
    credential = Credential(
        name=f"{host}-{digest}", kind=CredentialKind.BASIC, origins=(origin,), user=user, secret=password
    )
    faults = credential_faults(credential)
    if faults:
        raise FetchError("blocked", f"{public_url(bare)}: its user name and password are of no use: {faults[0]}")
    return bare, credential


def origin_of(url: str) -> str:
    """Scheme, host and port of an address.

    Raises:
        FetchError: ``blocked``: it is no http or https URL.
    """
    return parse_web_address(url).origin


def _not_for(credential: Credential, origin: str) -> str:
    allowed = ", ".join(credential.origins)
    return f"the credential {credential.name!r} may be sent to {allowed} only, not to {origin}"
