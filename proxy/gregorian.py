"""Days as dates of the proleptic Gregorian calendar, of any year: Python's own dates end at 9999 and have no year 0.

Rule kept here: whole numbers only, and years as astronomers count them (0 is 1 BC); how they are written is the door's.
"""

from __future__ import annotations


def civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a day since 1970-01-01: eras of 400 years, years that begin in March."""
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year_of_era + era * 400 + (1 if month <= 2 else 0), month, day
