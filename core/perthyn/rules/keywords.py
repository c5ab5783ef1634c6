"""The words of the text form that are no names: in each language the first is printed and all are understood."""

from __future__ import annotations

from collections.abc import Mapping

from perthyn.rules.terms import Phrase, Words, both, phrase

KEYWORDS: Mapping[str, Words] = {
    "and": both("and|&", "a|ac|&"),
    "or": both("or", "neu"),
    "not": both("not", "nid|nad|ddim"),
    "no": both("no|without|never", "dim|heb|dim un"),
    "everyone": both("everyone|everybody|anyone", "pawb|phawb|bawb"),
    "nobody": both("nobody|no one", "neb"),
    "with": both("with|where", "gyda|gydag|efo"),
    "has": both("has|have", "oes|mae gan|gan"),
    "of": both("of|in", "mewn|o|o'r"),
    "ever": both("ever", "erioed"),
    "true": both("true|yes", "gwir"),
    "false": both("false|no", "anwir"),
    # -- comparing
    "=": both("is|are|=|equals", "yw|ydy|ydi|="),
    "!=": both("is not|isn't|are not|!=", "nid yw|nid ydy|ddim yn|!="),
    "<": both("less than|fewer than|under|below|is less than|<", "llai na|dan|is na|<"),
    "<=": both("at most|is at most|no more than|up to|<=", "ar y mwyaf|dim mwy na|<="),
    ">": both("more than|over|above|is more than|greater than|>", "mwy na|fwy na|dros|>"),
    ">=": both("at least|is at least|no less than|no fewer than|>=", "o leiaf|dim llai na|>="),
    "exactly": both("exactly|is exactly|=", "union|yn union|="),
    "between": both("between|is between", "rhwng"),
    "notBetween": both("not between|is not between", "nid rhwng|ddim rhwng"),
    "in": both("in|is in|is one of|one of", "yn un o|un o"),
    "notIn": both("not in|is not in|is not one of|not one of", "ddim yn un o|nid yn un o"),
    "notNull": both("is known|known", "yn hysbys|yw'n hysbys"),
    "null": both("is unknown|unknown|is not known|not known", "yn anhysbys|ddim yn hysbys|nid yw'n hysbys"),
    "contains": both("contains|has in it", "yn cynnwys|cynnwys"),
    "doesNotContain": both("does not contain|doesn't contain", "ddim yn cynnwys|nid yw'n cynnwys"),
    "beginsWith": both("starts with|begins with|start with", "yn dechrau gyda|dechrau gyda|yn dechrau â"),
    "doesNotBeginWith": both("does not start with|does not begin with", "ddim yn dechrau gyda|ddim yn dechrau â"),
    "endsWith": both("ends with|end with", "yn gorffen gyda|gorffen gyda|yn gorffen â"),
    "doesNotEndWith": both("does not end with", "ddim yn gorffen gyda|ddim yn gorffen â"),
    "was": both("was|were", "bu|fu|wedi bod yn"),
    "wasNot": both("was not|was never|were not", "ni fu|na fu|heb fod yn"),
    # -- time
    "in last": both("in last|in the last|last|within the last", "yn y|yn yr|y"),
    "in next": both("in next|in the next|next|within the next", "yn y|yn yr|y"),
    "last": both("", "diwethaf|ddiwethaf|olaf"),
    "next": both("", "nesaf"),
    "ago": both("ago", "yn ôl"),
    "D": both("days|day", "diwrnod|ddiwrnod|niwrnod|diwrnodau|ddiwrnodau|dyddiau|ddyddiau"),
    "W": both("weeks|week", "wythnos|wythnosau"),
    "M": both("months|month", "mis|fis|misoedd"),
    "Y": both("years|year", "blynedd|flynedd|mlynedd|blwyddyn|flwyddyn|blynyddoedd"),
    "since": both("since", "ers"),
    "after": both("after", "ar ôl"),
    "until": both("until|till", "hyd|hyd at|tan"),
    "before": both("before", "cyn"),
    "on": both("on", "ar"),
    "year": both("in", "yn"),
    "this year": both("this year|in this year", "eleni|yn y flwyddyn hon"),
    "last year": both("last year|in last year", "y llynedd|llynedd"),
    "starts": both("starts|started", "yn dechrau|dechreuodd|wedi dechrau"),
    "ends": both("ends|ended", "yn dod i ben|daeth i ben|wedi dod i ben"),
    # -- figures
    "sum": both("total|total of|sum of", "cyfanswm|chyfanswm"),
    "largest": both("largest|biggest|highest", "uchafswm|mwyaf|fwyaf"),
    "smallest": both("smallest|lowest", "isafswm|lleiaf"),
    "average": both("average", "cyfartaledd|chyfartaledd"),
    "count": both("number of", "nifer|nifer o|nifer yr|nifer y"),
    "days": both("days of|days with", "diwrnodau|dyddiau"),
    "first": both("first", "dyddiad cyntaf|ddyddiad cyntaf"),
    "latest": both("last|latest|most recent", "dyddiad olaf|ddyddiad olaf"),
    "first after": both("", "cyntaf|gyntaf"),
    "last after": both("", "olaf|diwethaf|ddiwethaf"),
    "times": both("times", "gwaith|o weithiau|waith"),
    "inTop": both("in top|in the top", "yn y"),
    "inBottom": both("in bottom|in the bottom", "yn y"),
    "inFifth": both("in fifth|in the fifth", "ym mhumed|yn y pumed"),
    "notInTop": both("not in top|not in the top", "nid yn y|ddim yn y"),
    "notInBottom": both("not in bottom|not in the bottom", "nid yn y|ddim yn y"),
    "notInFifth": both("not in fifth|not in the fifth", "nid ym mhumed"),
    "top": both("", "uchaf"),
    "bottom": both("", "isaf"),
    "percent": both("%|per cent|percent", "%|y cant"),
    "by": both("by", "yn ôl"),
    "segment": both("in segment|in the segment", "yn segment|yn y segment"),
    "notSegment": both("not in segment|not in the segment", "nid yn segment|ddim yn segment|nid yn y segment"),
}  # fmt: skip

PHRASES: Mapping[str, tuple[Phrase, ...]] = {
    name: tuple(
        sorted({phrase(one) for said in words.values() for one in said if one}, key=lambda one: (-len(one), one))
    )
    for name, words in KEYWORDS.items()
}
"""Each keyword's ways to be said, folded, the longest first."""

RESERVED = frozenset(one for phrases in PHRASES.values() for words in phrases for one in words)
"""Words that a value must be quoted to be."""


def word(name: str, language: str) -> str:
    """The keyword as it is printed."""
    return KEYWORDS[name][language][0]
