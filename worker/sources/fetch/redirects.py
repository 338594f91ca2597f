"""Following redirects: how far, what of it may be remembered."""

from __future__ import annotations

from storyfold.errors import FetchError
from worker.sources.fetch.web_address import WebAddress, public_url, redirect_address

MAX_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})

_PERMANENT = frozenset({301, 308})


class RedirectTrail:
    """Where one fetch has been led.

    Attributes:
        address: where to ask next.
        permanent_url: end of the leading permanent part, "" when there is none.
        insecure_redirect: a step led from https to http.
    """

    def __init__(self, address: WebAddress) -> None:
        self.address = address
        self.permanent_url = ""
        self.insecure_redirect = False
        self._all_permanent = True
        self._seen = {address.url}

    @property
    def is_permanent(self) -> bool:
        """Whether the address that was reached stands for the first one: no step was a temporary one."""
        return self._all_permanent

    def follow(self, status: int, location: str) -> None:
        """Step to where a redirect leads.

        Raises:
            FetchError: ``redirects`` for a circle, too many steps or no Location; ``blocked`` for an
                address that may not be asked.
        """
        if not location:
            raise FetchError("redirects", f"{public_url(self.address.url)} redirects without saying where to")
        target = redirect_address(self.address, location)
        downgrade = self.address.scheme == "https" and target.scheme == "http"
        self.insecure_redirect |= downgrade
        self._all_permanent &= status in _PERMANENT and not downgrade
        if self._all_permanent:
            self.permanent_url = target.url
        if target.url in self._seen:
            raise FetchError("redirects", f"{public_url(target.url)} redirects to itself in a circle")
        if len(self._seen) > MAX_REDIRECTS:
            raise FetchError("redirects", f"more than {MAX_REDIRECTS} redirects")
        self._seen.add(target.url)
        self.address = target
