"""Time zones by name."""

from crm.lib import zones


def test_a_zone_is_known_by_its_name() -> None:
    assert {"UTC", "Asia/Tokyo"} <= zones.names()


def test_what_is_none_gives_way_to_the_default() -> None:
    assert zones.or_else("Asia/Tokyo", "UTC") == "Asia/Tokyo"
    assert zones.or_else("Asia/Edo", "UTC") == zones.or_else("", "UTC") == "UTC"
