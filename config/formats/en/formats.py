"""Dates in English: the day first, the month in letters, the time by 24 hours."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i"
SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M Y, H:i"
MONTH_DAY_FORMAT = "j F"
TODAY_FORMAT = "l, j F"
TIME_FORMAT = "H:i"
FIRST_DAY_OF_WEEK = 1
