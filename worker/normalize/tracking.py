"""Query parameters that only follow readers around: who says so, and since when.

A parameter stands here when a publisher's page is the same page without it. Names are compared in lower
case after percent-decoding. The list is data of the release: nothing refreshes it at run time, and it works
without network. ``VERSION`` names its state, for metrics and for reports of faults.

Session ids are in it: the session is that of whoever fetched the feed, it would give a page a new address
with each poll, and it must not be passed on. ``sid`` is not, since too many sites mean something else by it.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import unquote

VERSION = "2026-11-23"  # the day on which the list last changed


def words_of(text: str) -> frozenset[str]:
    """The words of a list that is written as one text."""
    return frozenset(text.split())


# One group a source; a name that several sources list stands with the first.
GROUPS: dict[str, frozenset[str]] = {
    # developers.facebook.com (share and comment plug-ins); miniflux urlcleaner.go
    "facebook": words_of("fbclid fb_action_ids fb_action_types fb_ref fb_source fb_comment_id mibextid"),
    # support.google.com/google-ads (auto-tagging, iOS 14 click ids, merchant listings, campaign ids)
    "google": words_of("gclid dclid gbraid wbraid gclsrc srsltid _ga _gl gad_source gad_campaignid"),
    # Yandex.Direct's help on click identifiers; the OpenStat convention
    "yandex": words_of("yclid ysclid _openstat"),
    # business.x.com, learn.microsoft.com/advertising, ads.tiktok.com, LinkedIn, Pinterest (click identifiers)
    "other-ads": words_of("twclid msclkid wickedid rb_clickid ttclid li_fat_id epik"),
    # experienceleague.adobe.com (Adobe Analytics and Advertising: campaign and click identifiers)
    "adobe": words_of("s_cid s_kwcid ef_id"),
    # instagram and x share links, as listed by ClearURLs' public rule documentation
    "shares": words_of("igshid igsh ref_src ref_url __twitter_impression soc_src soc_trk sr_share"),
    # consent pages of Yahoo and its papers send readers back with these
    "consent": words_of("guccounter guce_referrer guce_referrer_sig"),
    # mailchimp.com/help (campaign and e-mail ids), HubSpot, Marketo, Vero, Omeda, beehiiv, Klaviyo, ConvertKit
    "mail": words_of(
        "mc_cid mc_eid mc_tc _hsenc __hssc __hstc __hsfp _hsmi hsctatracking mkt_tok vero_id vero_conv "
        "oly_anon_id oly_enc_id _bhlid elqtrackid elqtrack _ke _kx ck_subscriber_id"
    ),
    # miniflux urlcleaner.go: campaign names of assorted analytics products
    "campaigns": words_of(
        "itm_campaign itm_medium itm_source campaign_id campaign_medium campaign_name campaign_source "
        "campaign_term campaign_content sc_cid _branch_match_id _branch_referrer"
    ),
    # AT Internet, Webtrends, comScore, the Washington Post: seen in the feeds of newspapers
    "newsrooms": words_of(
        "xtor at_medium at_campaign at_campaign_type at_custom1 at_custom2 at_custom3 at_custom4 at_format "
        "at_link_id at_link_origin at_link_type at_bbc_team at_ptr_name at_ptr_type "
        "wt.mc_id wt_mc wt_zmc ns_mchannel ns_campaign ns_source ns_linkname ns_fee wprss"
    ),
    # readwise.io: reading position; compared here in lower case like every name
    "readers": frozenset({"__readwiselocation"}),
    # AMP viewer parameters that Google's viewer adds (amp.dev, AMP viewer integration)
    "amp-viewer": words_of("amp_js_v amp_gsa usqp"),
    # PHP manual, session.name; Servlet specification 7.1.3; ColdFusion; osCommerce
    "sessions": words_of("phpsessid jsessionid cfid cftoken oscsid"),
}

# Google Analytics (utm_), Matomo (mtm_, pk_, piwik_, matomo_), Heimdal (hmb_), HubSpot's ads (hsa_): all names
# that begin so.
PREFIXES = ("utm_", "mtm_", "pk_", "piwik_", "matomo_", "hmb_", "hsa_")

NAMES = frozenset().union(*GROUPS.values())

# Names too common to remove everywhere; on these hosts, and below them, they only track.
BY_HOST: dict[str, frozenset[str]] = {
    "youtube.com": words_of("si feature pp"),
    "youtu.be": words_of("si feature"),
    "nytimes.com": words_of("smid smtyp partner emc"),
    "theguardian.com": words_of("cmp"),
    "bbc.co.uk": words_of("ocid intlink_from_url"),
    "bbc.com": words_of("ocid intlink_from_url"),
    "msn.com": words_of("ocid"),
    "aljazeera.com": words_of("traffic_source"),
    "dw.com": words_of("maca"),
    "npr.org": words_of("ft"),
    "wsj.com": words_of("mod"),
    "marketwatch.com": words_of("mod"),
    "barrons.com": words_of("mod"),
    "reuters.com": words_of("feedtype feedname"),
    "wired.com": words_of("mbid"),
    "newyorker.com": words_of("mbid"),
    "zdnet.com": words_of("ftag"),
    "cnet.com": words_of("ftag"),
    "cbsnews.com": words_of("ftag"),
    "linkedin.com": words_of("trk trackingid"),
}

_HOST_NAMES = frozenset().union(*BY_HOST.values())

# What an ampersand that was escaped once too often leaves before a name.
_ESCAPED_AMPERSANDS = ("amp;", "38;", "038;", "#38;", "#038;")

# A URL with one of these is signed as a whole: taking anything out would break it.
SIGNATURES = words_of(
    "x-amz-signature x-goog-signature x-oss-signature q-signature signature sig token access_token hmac hdnts hdnea "
    "__token__ key-pair-id awsaccesskeyid googleaccessid oauth_signature"
)


def parameter_name(piece: str) -> str:
    """Name of one ``name=value`` piece of a query, decoded and in lower case.

    A leading ``amp;`` or ``38;`` goes: it is what an ampersand that was escaped once too often leaves behind.
    """
    name = piece.partition("=")[0]
    if "%" in name:
        name = unquote(name)
    name = name.lower()
    while name.startswith(_ESCAPED_AMPERSANDS):
        name = name.partition(";")[2]
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
            them, also as a URL; any other ``ref`` (a Git branch, say) means something to the page.
    """
    name = parameter_name(piece)
    if name in NAMES or name.startswith(PREFIXES):
        return True
    if name == "ref" and referrers:
        return _names_a_referrer(piece.partition("=")[2], referrers)
    if name == "source":  # Medium, on all the domains that it serves: source=rss----4a1fb5a7---4
        return piece.partition("=")[2].startswith("rss--")
    return name in _HOST_NAMES and _tracks_on(host, name)


def _names_a_referrer(value: str, referrers: Collection[str]) -> bool:
    named = unquote(value).lower().removeprefix("https://").removeprefix("http://").rstrip("/")
    return named in referrers or named.removeprefix("www.") in referrers


def _tracks_on(host: str, name: str) -> bool:
    while host:
        if name in BY_HOST.get(host, ()):
            return True
        host = host.partition(".")[2]
    return False
