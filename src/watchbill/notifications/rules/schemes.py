"""Which Apprise addresses may be used here, and why not the others? Pure.

Apprise makes its own connections. So only those of its plugins are let in that speak HTTP, follow no redirect when told so, and go either to
their maker's fixed address or to the host of the address, which our guard is asked about. Plugins that run programs, write files or open
other sockets stay out.
"""

from __future__ import annotations

FIXED = frozenset(
    [
        "46elks",
        "brevo",
        "bulksms",
        "clicksend",
        "dingtalk",
        "discord",
        "elks",
        "feishu",
        "freemobile",
        "gchat",
        "groupme",
        "ifttt",
        "ilert",
        "join",
        "lark",
        "line",
        "mailersend",
        "nexmo",
        "opsgenie",
        "pagerduty",
        "pagertree",
        "pbul",
        "plivo",
        "postmark",
        "pover",
        "prowl",
        "pushy",
        "resend",
        "schan",
        "sendgrid",
        "seven",
        "signl4",
        "simplepush",
        "slack",
        "spike",
        "splunk",
        "spush",
        "squadcast",
        "telnyx",
        "tgram",
        "threema",
        "twilio",
        "victorops",
        "vonage",
        "webex",
        "wecombot",
        "wxteams",
        "zoom",
    ]
)  # to a public service, whatever the address says
HOSTED = frozenset(
    ["apprise", "bark", "form", "gotify", "json", "mmost", "nctalk", "ncloud", "ntfy", "rocket", "signal", "synology", "xml"]
)  # to the host of the address


def scheme_of(url: str) -> str:
    """The scheme, in lower case, as the plugin is named: without the s that asks for encryption."""
    scheme = url.partition("://")[0].strip().lower()
    return scheme[:-1] if scheme.endswith("s") and scheme[:-1] in HOSTED else scheme


def why_refused(url: str) -> str:
    """Why this address may not be used, as a sentence; empty when it may. Says nothing of the address but its scheme."""
    scheme = scheme_of(url)
    if "://" not in url:
        return "This is no Apprise address; expected one such as tgram://TOKEN/CHAT."
    if scheme in FIXED or scheme in HOSTED:
        return ""
    shown = scheme if scheme.isascii() and scheme.isprintable() and len(scheme) < 24 else "That"
    return f"{shown}:// is not let in: only plugins are that speak HTTP to a known service or to a host that the guard permits. See docs/connectors/apprise.md."
