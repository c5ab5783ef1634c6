"""Presets: how common mail providers are reached, how much they let through, and how they sign.

Limits count recipients, and each letter has one. They were looked up in November 2026, change without notice, and are
lower for new accounts; ``a_day`` and ``a_minute`` in ``[email]`` go before them. Sources:

- gmail: 500 a day (developer.nylas.com/docs/cookbook/email/gmail-smtp-settings, 2026; Google's own page for
  personal accounts gives no figure for SMTP).
- workspace: 2,000 a day, 500 in a trial; a rolling 24 hours (support.google.com/a/answer/166852).
- microsoft365: 10,000 recipients a day, 30 messages a minute for each mailbox (learn.microsoft.com, Exchange Online
  limits; simplenewsletter365.com, 1 July 2026). Passwords for SMTP are off by default from the end of December 2026
  and are to go altogether, on a day that is told in the second half of 2027 (message MC786329, 27 January 2026).
- outlook: about 300 a day without a subscription, and fewer at first (learn.microsoft.com/answers, December 2024;
  Microsoft publishes 5,000, of them 1,000 new ones, for subscribers only). Passwords are not taken any more.
- zoho: 50 to 500 outside recipients an hour by reputation (zoho.com/mail/help/adminconsole/rates-and-limits.html).
- fastmail: its page (fastmail.com/help/account/limits.html) was not to be had with a figure; ours is a cautious one.
- ionos: 500 an hour once an account is 30 days old; 50 in its first week (ionos.co.uk/help, mass mailing limits).
- ses: 200 a day, 1 a second until Amazon lifts it, then what they
  grant (docs.aws.amazon.com/ses/latest/dg/quotas.html).
- brevo: 300 a day on the free plan, none on a paid one (help.brevo.com, article 8292912279954).
- mailgun: 100 a day on the free plan (captaindns.com, January 2026).

What stands in the DNS was looked up in November 2026, too; what was not found is left empty, and asked of the provider:

- gmail, workspace: SPF and the selector *google*, which an administrator may change
  (mxio.io/providers/google-workspace; intodns.ai).
- microsoft365: SPF and both selectors (mxio.io/providers/microsoft-365; senderclarity.com).
- zoho: that of its European servers; *zmail* or *zoho* is what an administrator is offered (mailermonk.com; zones of
  customers). ``smtppro`` is for organisations that pay (postigo.net; codeopx.com).
- fastmail: three selectors (fastmail.help, article 360060591153), SPF (mailflowauthority.com).
- ionos: three selectors (ionos.de, "E-Mail-Authentifizierung mit DKIM"), SPF (zones of customers in three countries).
- ses, brevo: letters come back to a domain of theirs, so that ours need not name them in its SPF (repost.aws,
  QUeD213b-TSUGUai4RJvcybQ; captaindns.com). Selectors: Amazon's are drawn for each domain; Brevo's are *brevo1* and
  *brevo2* (zones of customers), and *mail* of old.
- mailgun: SPF (documentation.mailgun.com, domains-verify); the selector stands in its control panel, and differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perthyn.channel import Pace


@dataclass(frozen=True, slots=True)
class Preset:
    """A provider: where letters are handed over, how many, what its SPF and DKIM records are called.

    `plus`: whether ``name+anything@`` reaches ``name@``, so that a bounce names its letter.
    """

    host: str
    pace: Pace
    spf: str = ""
    dkim: tuple[str, ...] = ()
    plus: bool = False
    port: int = 587
    security: str = "starttls"


PRESETS: Mapping[str, Preset] = {
    "gmail": Preset("smtp.gmail.com", Pace(500, 20), "_spf.google.com", ("google",), True),
    "workspace": Preset("smtp.gmail.com", Pace(2000, 60), "_spf.google.com", ("google",), True),
    "microsoft365": Preset(
        "smtp.office365.com", Pace(10_000, 30), "spf.protection.outlook.com", ("selector1", "selector2"), True
    ),
    "outlook": Preset("smtp-mail.outlook.com", Pace(300, 10), "spf.protection.outlook.com", (), True),
    "zoho": Preset("smtppro.zoho.eu", Pace(500, 1), "zohomail.eu", ("zmail", "zoho"), True, 465, "tls"),
    "fastmail": Preset(
        "smtp.fastmail.com", Pace(1000, 10), "spf.messagingengine.com", ("fm1", "fm2", "fm3"), True, 465, "tls"
    ),
    "ionos": Preset(
        "smtp.ionos.co.uk", Pace(5000, 8), "_spf-eu.ionos.com", ("s1-ionos", "s2-ionos", "s42582890"), False
    ),
    "ses": Preset("email-smtp.eu-west-2.amazonaws.com", Pace(200, 60)),
    "brevo": Preset("smtp-relay.brevo.com", Pace(300, 60), "", ("brevo1", "brevo2", "mail")),
    "mailgun": Preset("smtp.eu.mailgun.org", Pace(100, 60), "mailgun.org"),
}
