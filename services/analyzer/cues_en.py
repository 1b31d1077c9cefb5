"""What English words do in a question: phrases and the operators that they stand for (see cues.Op)."""

# One operator a line: its name, then the folded phrases. Longest phrase wins.
PHRASES = """
LIST: analyze, analyse, explain the data, show, show me, list, list out, give, give me, display, return, find, find out, get, tell me, identify, provide, present, retrieve, print, i want, i would like, please, can you, could you, i need, let me know, state
WHAT: what, what are, what is, what's, what was, what were, what 's, what 're
WHICH: which, which are, which is
WHO: who, who are, who is, whom
WHEN: when, what time, what date
WHERE: where
COUNT: how many, number of, the number of, count, count of, count the number of, total number of, the total number of, how many total, a count of, total count of, amount of times, how many times, number of times, what number of, how many different
HOW_MUCH: how much
AVG: average, mean, avg, on average, the average, the mean
SUM: sum, total, sum of, total amount, the sum of, combined, overall, altogether, in total, total of, the total
MAX: maximum, max, the maximum, greatest number
MIN: minimum, min, the minimum
EACH: each, every, for each, for every, per, in each, of each, from each, by each, to each, at each, on each, in every, each of, respective, for all the different, for different, corresponding
BY: by, grouped by, group by, according to, broken down by, split by, per each
ORDER: ordered by, sorted by, order by, sort by, sorted in, ordered in, in order of, in the order of, sort, order, sorted, ordered, arranged by, ranked by, sort them by, order them by, sort the, ordered, in order
ASC: ascending, in ascending order, ascending order, increasing, in increasing order, alphabetical order, in alphabetical order, alphabetically, lexicographical order, in lexicographical order, lexicographic order, alphabetic order, from low to high, from smallest to largest, from lowest to highest, from oldest to newest, in alphabetic order, from a to z, chronological order, in chronological order, ascendingly, from youngest to oldest, from small to large, low to high
DESC: descending, in descending order, descending order, decreasing, in decreasing order, from high to low, from largest to smallest, from highest to lowest, from newest to oldest, reverse alphabetical order, in reverse alphabetical order, descendingly, from most to least, reverse order, from oldest to youngest, in reverse, from large to small, high to low, from the most to the least
GT: more than, greater than, larger than, over, above, higher than, bigger than, exceeding, exceeds, exceed, in excess of, longer than, taller than, heavier than, greater, strictly more than, better than, larger, bigger, higher, beyond, surpasses, faster than, stronger than, deeper than, wider than, costlier than, more expensive than, bigger in size than
GE: at least, or more, no less than, not less than, or greater, or above, or higher, and above, and more, minimum of, a minimum of, or over, no fewer than, greater than or equal to, more than or equal to, not smaller than, or later, or larger
LT: less than, fewer than, below, under, lower than, smaller than, shorter than, lighter than, less, fewer, lower, smaller, worse than, slower than, cheaper than, weaker than
LE: at most, no more than, or less, or fewer, up to, or below, or lower, not more than, maximum of, less than or equal to, not greater than, or earlier, or smaller, no greater than
AFTER: after, later than, since, newer than, more recent than, following
BEFORE: before, earlier than, prior to, until, older in date than
EQ: equal to, equals, exactly, is equal to, precisely, same as
NE: other than, not equal to, different from, except, except for, besides, excluding, but not, not in, apart from, aside from, rather than, outside of, outside, not the
BETWEEN: between, ranging from, in the range of, in between
NOT: not, no, never, without, don't, doesn't, didn't, aren't, isn't, cannot, can not, neither, nor, none, none of, lack, lacks, lacking, haven't, hasn't, n't, free of, unable, any not, not any
OR: or, either or
AND: and, as well as, along with, together with, and also, plus, &
BUT: but
BOTH: both
EITHER: either
ALSO: although, yet, still, already, now, currently, right now, also, additionally, in addition, in addition to
DISTINCT: different, distinct, unique, distinctive, without repetition, without duplicates, various
ALL: all, all of, all the, any, everything, entire, whole
ALL_INFO: all information, all the information, all info, all details, all the details, everything about, information, information about, all the info, all attributes, all fields, all columns, all data, full details, detailed information, the details, details, details of, details about, all available information, complete information
MOST: most, the most, greatest number of, the greatest number of, largest number of, the largest number of, highest number of, the highest number of, most number of, the most number of, maximum number of, the maximum number of, largest amount of, biggest number of
FEWEST: least, fewest, the least, the fewest, smallest number of, the smallest number of, lowest number of, the lowest number of, least number of, the least number of, minimum number of, the minimum number of, fewest number of, the fewest number of
COMMON: most common, the most common, most frequent, most frequently, most popular, most often, the most popular, most commonly, most times, most used, the most frequent, majority, most prevalent, most widely used
RARE: least common, the least common, least frequent, least popular, rarest, least often, least commonly, least used, least frequently
CONTAIN: contain, contains, containing, including the word, with the substring, has the substring, with the word, including the substring, includes the word, having the substring, that include, include the word, contained, includes, substring, including, the phrase, the word, the string, with the letter, has the letter, have the letter, the letter, with the string
STARTS: start with, starts with, starting with, begin with, begins with, beginning with, prefix, started with, starting with the letter, start with the letter, starts with the letter, begins with the letter, that starts with, with the prefix, initial, starting from letter
ENDS: end with, ends with, ending with, suffix, ended with, end in, ends in, ending in, with the suffix
FIRST: first, top, the first, the top
LAST: last, bottom, the last
SECOND: second, second most, second highest
THIRD: third, third most, third highest
ONLY: only, solely, just, exclusively
THAN: than, compared to
SAME: same, the same, identical
OF: of, of the, among, of all, out of
IN: in, inside, within, in the, into
ON: on, upon
AT: at, at the
FROM: from, from the, coming from
TO: to, to the, towards
FOR: for, for the, regarding, about, concerning, on the subject of, related to, associated with
WITH: with, having, with the, with a, with an
THAT: that, which are, which is, that are, who have, that have, which have, who had, that had, that has, which has, who has
WHOSE: whose, where the, in which, for which, of which, at which, on which, for whom, that has a, to which, from which
HAVE: have, has, had, possess, own, owns
BE: is, are, was, were, be, been, being, 's, 're, am
DO: do, does, did
IT: it, its, their, them, they, his, her, he, she, these, those, this, theirs, there, there are, there is, are there, is there, we, our, us, i, you, your, me, my, him
THE: the, a, an, some
AS: as, also known as, such as, called, named, titled, known as, with name, with the name, by the name of
IF: if, whether
EXISTS: is there any, are there any, is there a, do we have any, does any, do any, any of
NULL: missing, null, unknown, empty, not available, not specified, not recorded, not given, is missing, have no value, blank
NOTNULL: is known, not null, recorded, specified, available value
YES: yes, true
PERCENT: %, % of, percentage of, percentage, percent, share of, proportion of, proportion, fraction of, what share
DIFFERENCE: difference between, difference in, the difference, difference
COMPARE: compare, comparison of, comparison, versus, vs, vs., compared with
TREND: trend, evolution, over time, evolve, evolved, trends, development of, how did, changed over time, history of, progression
DISTRIBUTION: distribution of, distribution, breakdown of, breakdown, spread of, histogram, histogram of
CORRELATION: correlation, correlation between, correlate, relationship between, correlated
FORECAST: forecast, forecast of, forecast for, estimate of, how much will, how many will, will we, prediction of, predicted, expected to be, predict, projection, prediction, will be, expected next, likely to
WHY: why, reason for, what explains, cause of, causes of
RANKING: ranking, ranking of, rank, ranked
GRAIN_DAY: by day, per day, daily, each day, every day, day by day
GRAIN_WEEK: by week, per week, weekly, each week, every week, week by week
GRAIN_MONTH: by month, per month, monthly, each month, every month, month by month
GRAIN_QUARTER: by quarter, per quarter, quarterly, each quarter, every quarter
GRAIN_YEAR: by year, per year, yearly, annual, annually, each year, every year, year by year
MAIN: main, the main, principal, chief
STATUS: how are, how is, status of, situation of, state of
EXPORT: export, export to, download, save as, generate a report, create a report
SPREADSHEET: excel, spreadsheet, xlsx, excel file, excel report
CSV: csv, csv file
CHART: chart, graph, plot, bar chart, line chart, pie chart, as a chart
LIMIT_ONE: one of, any one
ABOVE_AVG: above average, above the average, above the mean, more than average, more than the average, higher than average, higher than the average, greater than average, greater than the average, larger than the average, larger than average, over the average, longer than average, longer than the average, older than average, older than the average, bigger than average, exceeds the average, exceed the average
BELOW_AVG: below average, below the average, below the mean, less than average, less than the average, lower than average, lower than the average, fewer than average, smaller than the average, smaller than average, under the average, shorter than average, shorter than the average, younger than average, younger than the average
WEEKEND: weekend, weekends, on weekends, on the weekend, at the weekend, at weekends, saturdays and sundays, on saturdays and sundays
WORKDAY: weekdays, on weekdays, working days, on working days, business days, on business days
GRAIN_WEEKDAY: by day of the week, per day of the week, by weekday, per weekday, each day of the week
PERIOD_HINT: during, throughout
SEVERAL: multiple, several, more than one, many different
"""

# Adjectives of a degree: word: (concepts it measures, largest first?, comparative?). Concepts are words that the name of a
# field may hold; "" stands for whatever field is named beside it.
DEGREES = {
    "highest": ("", True), "largest": ("|size|area|population|capacity", True), "biggest": ("|size|area|population|capacity", True), "greatest": ("", True),
    "top": ("", True), "best": ("|rating|score|rank|grade|point", True), "most": ("", True), "maximum": ("", True), "max": ("", True),
    "lowest": ("", False), "smallest": ("|size|area|population|capacity", False), "least": ("", False), "worst": ("|rating|score|rank|grade|point", False),
    "minimum": ("", False), "min": ("", False),
    "oldest": ("age|birth|birthday|founded|founding|built|year|opening|established|date", True),
    "youngest": ("age|birth|birthday|founded|year|date", False),
    "newest": ("date|year|time|version|release", True), "latest": ("date|year|time|version|release|end", True), "most recent": ("date|year|time|release", True), "recent": ("date|year|time", True), "most recently": ("date|year|time", True), "last": ("date|time|year", True),
    "earliest": ("date|year|time|start|founded|version|release", False), "first": ("date|time|year", False),
    "longest": ("length|duration|time|distance|height|minute|hour", True), "shortest": ("length|duration|time|distance|height|minute|hour", False),
    "tallest": ("height|tall|stories|floor", True), "heaviest": ("weight|mass", True), "lightest": ("weight|mass", False),
    "fastest": ("speed|time|accelerat|pace|horsepower", True), "slowest": ("speed|time|accelerat", False), "deepest": ("depth", True), "widest": ("width", True),
    "cheapest": ("price|cost|fee|fare|amount|rate|charge|salary", False), "least expensive": ("price|cost|fee|fare|charge|amount", False), "most expensive": ("price|cost|fee|fare|charge|amount|rate", True), "costliest": ("price|cost|fee|charge", True), "expensive": ("price|cost|fee|charge", True), "priciest": ("price|cost", True),
    "richest": ("money|wealth|salary|gnp|gdp|balance|income|asset", True), "wealthiest": ("money|wealth|salary|income|asset", True), "most populous": ("population", True), "least populous": ("population", False), "most populated": ("population", True), "strongest": ("strength|power|horsepower", True), "busiest": ("passenger|traffic|total", True), "closest": ("distance", False), "farthest": ("distance", True), "furthest": ("distance", True),
    "highest paid": ("salary|pay|wage", True), "lowest paid": ("salary|pay|wage", False), "most crowded": ("population|attendance", True),
}  # fmt: skip

# Words that name what a number or an answer measures, without saying more or less.
MEASURES = {
    "years old": "age", "year old": "age", "years of age": "age", "how old": "age", "how tall": "height", "how heavy": "weight",
    "how long": "length|duration|time", "how big": "size|area|population", "how large": "size|area|population",
    "how fast": "speed|accelerat", "how expensive": "price|cost", "how far": "distance", "how high": "height|elevation",
    "tall": "height", "weigh": "weight", "weighs": "weight", "cost": "price|cost|fee", "costs": "price|cost|fee", "earn": "salary|income|earning|wage", "earns": "salary|income|earning", "born": "birth|birthday|born", "lasted": "duration|length", "lasts": "duration|length",
    "live": "address|city|residence", "lives": "address|city|residence", "living": "address|city|residence", "located": "location|city|address", "when": "date|time|year", "where": "location|city|address|place",
}  # fmt: skip

COMPARATIVES = {
    "older than": ("age|birth|founded|year|date", "GT"), "older": ("age|birth|founded|year", "GT"), "younger than": ("age|birth|year", "LT"), "younger": ("age|birth", "LT"),
    "taller than": ("height", "GT"), "shorter than": ("height|length|duration", "LT"), "longer than": ("length|duration|time|distance", "GT"), "heavier than": ("weight", "GT"), "lighter than": ("weight", "LT"),
    "cheaper than": ("price|cost|fee|fare|charge", "LT"), "more expensive than": ("price|cost|fee|fare|charge", "GT"), "costs more than": ("price|cost", "GT"), "faster than": ("speed|accelerat|pace", "GT"), "slower than": ("speed|accelerat", "LT"),
    "earlier than": ("date|year|time", "LT"), "later than": ("date|year|time", "GT"), "newer than": ("date|year", "GT"), "more populous than": ("population", "GT"), "aged over": ("age", "GT"), "aged": ("age", "EQ"), "over the age of": ("age", "GT"), "under the age of": ("age", "LT"), "above the age of": ("age", "GT"), "below the age of": ("age", "LT"), "above age": ("age", "GT"), "below age": ("age", "LT"), "born after": ("birth|birthday", "GT"), "born before": ("birth|birthday", "LT"), "born in": ("birth|birthday", "EQ"),
}  # fmt: skip
