"""English words for periods."""

import re

MONTHS = {
    "january": 1, "jan": 1, "february": 2, "feb": 2, "march": 3, "mar": 3, "april": 4, "apr": 4, "may": 5, "june": 6,
    "jun": 6, "july": 7, "jul": 7, "august": 8, "aug": 8, "september": 9, "sept": 9, "sep": 9, "october": 10, "oct": 10,
    "november": 11, "nov": 11, "december": 12, "dec": 12,
}  # fmt: skip
WEEKDAYS = {
    "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6,
}  # fmt: skip
NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "sixty": 60, "ninety": 90, "a": 1, "an": 1, "couple of": 2,
}  # fmt: skip
UNITS = {
    "day": "day", "days": "day", "week": "week", "weeks": "week", "month": "month", "months": "month",
    "quarter": "quarter", "quarters": "quarter", "year": "year", "years": "year",
}  # fmt: skip
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}

# "may" and "march" are also verbs, and short forms are words: they need a day, a year or a preposition beside them.
_SURE = "|".join(name for name in MONTHS if len(name) > 3 and name not in ("may", "march", "sept"))
_MON = "|".join(sorted(MONTHS, key=len, reverse=True))
_WD = "|".join(WEEKDAYS)
_N = r"\d{1,3}|" + "|".join(name for name in NUMBERS if len(name) > 2)
_UNIT = "|".join(sorted(UNITS, key=len, reverse=True))
_Y = r"(?:19|20)\d\d"
_ORD = r"(?:st|nd|rd|th)?"
_YEAR = rf"(?:(?: of| ,|,)? (?P<y>{_Y}|last year))?"
_MDY = rf"(?P<mon>{_MON}) (?:the )?(?P<d>\d{{1,2}}){_ORD}(?:(?: ,)? (?P<y>{_Y}))?"
_DMY = rf"(?:the )?(?P<d>\d{{1,2}}){_ORD} (?:of )?(?P<mon>{_MON})(?:(?: ,)? (?P<y>{_Y}))?"
_DIGITS = r"(?P<m>\d{1,2})/(?P<d>\d{1,2})(?:/(?P<y>\d{4}|\d\d))?"
_ISO = r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"
_WHAT = (
    r"(?P<what>(?:the (?:year|beginning of|start of|end of) )?(?:"
    rf"today|yesterday|tomorrow|\d{{1,2}}/\d{{1,2}}(?:/\d{{2,4}})?|\d{{4}}-\d{{1,2}}-\d{{1,2}}"
    rf"|(?:{_MON}) (?:the )?\d{{1,2}}{_ORD}(?:(?: ,)? {_Y})?|(?:the )?\d{{1,2}}{_ORD} (?:of )?(?:{_MON})(?:(?: ,)? {_Y})?"
    rf"|(?:{_MON})(?:(?: of| ,)? {_Y})?|{_Y}|(?:this|last) (?:week|month|quarter|year)|(?:{_WD})))"
)


def _compile(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^ ])(?:{text})(?= )")


# A group may stand in several branches of a pattern: the further ones carry trailing underscores, which dates.py drops.
PATTERNS = tuple(
    (_compile(text), meaning)
    for text, meaning in (
        (r"yesterday and today|today and yesterday", "yesterday_and_today"),
        (r"the day after tomorrow", "after_tomorrow"),
        (r"the day before yesterday", "before_yesterday"),
        (r"today", "today_"),
        (r"yesterday", "yesterday"),
        (r"tomorrow", "tomorrow"),
        (rf"(?:since|starting(?: from)?|from) {_WHAT}(?: on(?:wards?)?)?", "since"),
        (rf"after {_WHAT}", "after"),
        (rf"(?:before|prior to|earlier than) {_WHAT}", "before"),
        (rf"(?:until|till|up to|through) {_WHAT}", "until"),
        (
            rf"(?:from |between |the )?(?P<mon>{_MON}) (?P<d>\d{{1,2}}){_ORD} (?:to|and|until|through|-) "
            rf"(?P<d2>\d{{1,2}}){_ORD}(?:(?: ,)? (?P<y>{_Y}))?",
            "days_of_month",
        ),
        (
            rf"(?:from|between) (?P<d>\d{{1,2}}){_ORD} (?:to|and|until|through) (?P<d2>\d{{1,2}}){_ORD} "
            rf"(?:of )?(?P<mon>{_MON})(?: (?P<y>{_Y}))?",
            "days_of_month",
        ),
        (
            rf"(?:from|between) (?P<mon>{_MON}) (?P<d>\d{{1,2}}){_ORD}(?:(?: ,)? (?P<y>{_Y}))? (?:to|and|until|through) "
            rf"(?P<mon2>{_MON}) (?P<d2>\d{{1,2}}){_ORD}(?:(?: ,)? (?P<y2>{_Y}))?",
            "days_across",
        ),
        (
            r"(?:from|between) (?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2}) (?:to|and|until|through) "
            r"(?P<y2>\d{4})-(?P<m2>\d{1,2})-(?P<d2>\d{1,2})",
            "days_across",
        ),
        (
            r"(?:from|between) (?P<m>\d{1,2})/(?P<d>\d{1,2})(?:/(?P<y>\d{4}|\d\d))? (?:to|and|until|through) "
            r"(?P<m2>\d{1,2})/(?P<d2>\d{1,2})(?:/(?P<y2>\d{4}|\d\d))?",
            "days_across",
        ),
        (rf"(?:from|between) (?P<mon>{_MON}) (?:to|and|until|through) (?P<mon2>{_MON}){_YEAR}", "months"),
        (rf"(?:from|between) (?P<y>{_Y}) (?:to|and|until|through) (?P<y2>{_Y})", "years"),
        (_MDY, "day"),
        (_DMY, "day"),
        (_DIGITS, "day"),
        (_ISO, "day"),
        (rf"(?P<m>\d{{1,2}})/(?P<y>{_Y})", "month_digits"),
        (rf"(?P<mon>{_SURE}){_YEAR}", "month"),
        (
            rf"(?P<mon>{_MON})(?: of| ,)? (?P<y>{_Y})|(?:in|during|for|and) (?P<mon_>{_MON})(?:(?: of| ,)? (?P<y_>{_Y}))?",
            "month",
        ),
        (
            rf"(?:the )?(?P<n>first|second|third|fourth|1st|2nd|3rd|4th) quarter{_YEAR}|q(?P<n_>[1-4])(?: (?P<y_>{_Y}))?",
            "quarter",
        ),
        (rf"(?:the )?(?P<n>first|second) half(?: of)?(?: the year)?{_YEAR}", "half"),
        (rf"(?:in |over |for )?(?:the )?(?:last|past|previous) (?P<n>{_N}) (?P<unit>{_UNIT})", "last_n"),
        (rf"(?:in |over |for )?(?:the )?(?:next|coming|following) (?P<n>{_N}) (?P<unit>{_UNIT})", "next_n"),
        (r"(?:this|the current) (?P<unit>week|month|quarter|year)", "this"),
        (r"(?:last|the last|the previous|previous|the past|past) (?P<unit>week|month|quarter|year)", "previous"),
        (r"(?:next|the next|the coming) (?P<unit>week|month|quarter|year)", "next"),
        (rf"(?P<n>{_N}|a|an) (?P<unit>{_UNIT}) ago", "ago"),
        (rf"(?P<coming>next )(?P<wd>{_WD})", "weekday"),
        (rf"(?P<past>last )(?P<wd>{_WD})", "weekday"),
        (rf"(?:on |this )(?P<wd>{_WD})", "weekday"),
        (rf"(?P<sure>(?:in )?(?:the )?year (?:of )?)(?P<y>{_Y})", "year"),
        (rf"(?P<y>{_Y})", "year"),
    )
)
