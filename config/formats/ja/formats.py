"""Dates in Japanese, with the day of the week as letters have it: 2026年3月17日(火)."""

DATE_FORMAT = "Y年n月j日(D)"
DATETIME_FORMAT = "Y年n月j日(D) H:i"
SHORT_DATE_FORMAT = "Y/m/d"
SHORT_DATETIME_FORMAT = "Y/m/d H:i"
MONTH_DAY_FORMAT = "n月j日"
TODAY_FORMAT = "n月j日(D)"
TIME_FORMAT = "H:i"
FIRST_DAY_OF_WEEK = 0
