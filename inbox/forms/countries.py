"""The countries whose public holidays are known, in English; in the language of the page a browser
names them by their codes (static/js/countries.js)."""

import re

from holidays.registry import COUNTRIES

WRITTEN = {  # where a name without spaces and accents does not tell how it is written
    "AX": "Åland Islands",
    "BL": "Saint Barthélemy",
    "BQ": "Bonaire, Sint Eustatius & Saba",
    "CC": "Cocos (Keeling) Islands",
    "CD": "DR Congo",
    "CG": "Congo (Brazzaville)",
    "CW": "Curaçao",
    "GW": "Guinea-Bissau",
    "HM": "Heard & McDonald Islands",
    "RE": "Réunion",
    "SH": "Saint Helena, Ascension & Tristan da Cunha",
    "ST": "São Tomé & Príncipe",
    "SY": "Syria",
    "TL": "Timor-Leste",
}
SMALL = {"And": "&", "Of": "of", "The": "the"}


def choices() -> list[tuple[str, str]]:
    """Code and name, by name: ("DE", "Germany (DE)")."""
    names = {code: WRITTEN.get(code) or _spaced(name) for name, code, *_more in COUNTRIES.values()}
    rows = [(code, f"{name} ({code})") for code, name in names.items()]
    return sorted(rows, key=lambda row: row[1].replace("Å", "A"))


def _spaced(name: str) -> str:
    """_spaced("IsleOfMan") == "Isle of Man"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).split()
    return " ".join(SMALL.get(word, word) for word in words)
