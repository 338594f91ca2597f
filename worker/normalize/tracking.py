"""Query parameters that only follow readers around: who says so, and since when.

A parameter stands here when a publisher's page is the same page without it. Names are compared in lower
case after percent-decoding. The list is data of the release; nothing refreshes it at run time.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import unquote

VERSION = "2026-11-23"  # the day on which the list last changed


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# One group a source; a name that several sources list stands with the first.
GROUPS: dict[str, frozenset[str]] = {
    # developers.facebook.com (share and comment plug-ins); miniflux urlcleaner.go
    "facebook": _names("fbclid fb_action_ids fb_action_types fb_ref fb_source fb_comment_id"),
    # support.google.com/google-ads (auto-tagging, iOS 14 click ids, merchant listings)
    "google": _names("gclid dclid gbraid wbraid gclsrc srsltid _ga _gl"),
    # Yandex.Direct's help on click identifiers; the OpenStat convention
    "yandex": _names("yclid ysclid _openstat"),
    # business.x.com, learn.microsoft.com/advertising (click identifiers)
    "other-ads": _names("twclid msclkid wickedid hsa_cam rb_clickid ttclid li_fat_id"),
    # instagram and x share links, as listed by ClearURLs' public rule documentation
    "shares": _names("igshid igsh ref_src ref_url __twitter_impression soc_src soc_trk sr_share"),
    # mailchimp.com/help (campaign and e-mail ids), HubSpot, Marketo, Vero, Omeda, beehiiv
    "mail": _names(
        "mc_cid mc_eid mc_tc _hsenc __hssc __hstc __hsfp _hsmi hsctatracking mkt_tok vero_id vero_conv "
        "oly_anon_id oly_enc_id _bhlid elqtrackid elqtrack"
    ),
    # miniflux urlcleaner.go: campaign names of assorted analytics products
    "campaigns": _names(
        "itm_campaign itm_medium itm_source campaign_id campaign_medium campaign_name campaign_source "
        "campaign_term campaign_content sc_cid _branch_match_id _branch_referrer"
    ),
    # AT Internet, Webtrends, comScore: seen in the feeds of newspapers
    "newsrooms": _names("xtor at_medium at_campaign wt.mc_id wt_mc wt_zmc ns_mchannel ns_campaign"),
    # readwise.io: reading position; compared here in lower case like every name
    "readers": frozenset({"__readwiselocation"}),
    # AMP viewer parameters that Google's viewer adds (amp.dev, AMP viewer integration)
    "amp-viewer": _names("amp_js_v amp_gsa usqp"),
}

# Google Analytics (utm_), Matomo (mtm_, pk_, piwik_, matomo_), Heimdal (hmb_): all names that begin so.
PREFIXES = ("utm_", "mtm_", "pk_", "piwik_", "matomo_", "hmb_")

NAMES = frozenset().union(*GROUPS.values())

# Names too common to remove everywhere; on these hosts, and below them, they only track.
BY_HOST: dict[str, frozenset[str]] = {
    "youtube.com": frozenset({"si", "feature", "pp"}),
    "youtu.be": frozenset({"si", "feature"}),
    "nytimes.com": frozenset({"smid", "smtyp", "partner", "emc"}),
    "theguardian.com": frozenset({"cmp"}),
    "bbc.co.uk": frozenset({"ocid", "intlink_from_url"}),
    "bbc.com": frozenset({"ocid", "intlink_from_url"}),
}

_HOST_NAMES = frozenset().union(*BY_HOST.values())

# A URL with one of these is signed as a whole: taking anything out would break it.
SIGNATURES = _names(
    "x-amz-signature x-goog-signature signature sig token access_token hmac hdnts hdnea __token__ "
    "key-pair-id awsaccesskeyid googleaccessid oauth_signature"
)


def parameter_name(piece: str) -> str:
    """Name of one ``name=value`` piece of a query, decoded and in lower case.

    A leading ``amp;`` goes: it is what an ampersand that was escaped once too often leaves behind.
    """
    name = piece.partition("=")[0]
    if "%" in name:
        name = unquote(name)
    name = name.lower()
    while name.startswith("amp;"):
        name = name[4:]
    return name


def is_signed(pieces: Collection[str]) -> bool:
    """Whether a query with these pieces carries a signature over the whole URL."""
    return any(parameter_name(piece) in SIGNATURES for piece in pieces)


def is_tracking(piece: str, host: str, referrers: Collection[str] = ()) -> bool:
    """Whether one ``name=value`` piece of a query only tracks.

    Args:
        piece: as it stands between two ampersands.
        host: host of the URL, lower case.
        referrers: hosts that link here (the feed's, its site's). ``ref=HOST`` tracks when it names one of
            them; any other ``ref`` (a Git branch, say) means something to the page.
    """
    name = parameter_name(piece)
    if name in NAMES or name.startswith(PREFIXES):
        return True
    if name == "ref" and referrers:
        value = unquote(piece.partition("=")[2]).lower()
        return value in referrers or value.removeprefix("www.") in referrers
    return name in _HOST_NAMES and _tracks_on(host, name)


def _tracks_on(host: str, name: str) -> bool:
    return any(name in names for site, names in BY_HOST.items() if host == site or host.endswith("." + site))
